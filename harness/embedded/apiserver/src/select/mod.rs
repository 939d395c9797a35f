mod fields;
mod labels;

pub(crate) use fields::FieldSelector;
pub(crate) use labels::{LabelSelector, matches_labels};

use crate::object::Object;

/// Which objects of a kind a list or a watch is about.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selection {
    pub(crate) namespace: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) labels: LabelSelector,
    pub(crate) fields: FieldSelector,
}

impl Selection {
    pub(crate) fn covers(&self, object: &Object) -> bool {
        self.namespace.as_deref().is_none_or(|namespace| namespace == object.namespace())
            && self.name.as_deref().is_none_or(|name| name == object.name())
            // Most name no labels and no fields, and need no JSON.
            && (self.labels.is_empty() || self.labels.covers(object.value()))
            && (self.fields.is_empty() || self.fields.covers(object.value()))
    }
}
