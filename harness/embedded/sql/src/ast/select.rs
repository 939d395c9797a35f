use super::{Literal, TableName};
use crate::Dialect;

/// `select`
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Select {
    /// Whose words errors use.
    pub dialect: Dialect,
    /// `distinct`, which 2.1.1.0 has for one tag only.
    pub distinct: bool,
    /// What is selected, from left to right.
    pub items: Vec<Item>,
    /// Where from; `None` for `select server_version()` and the like.
    pub from: Option<TableName>,
    /// The condition.
    pub condition: Option<Condition>,
    /// `group by` or `partition by` columns.
    pub group_by: Vec<String>,
    /// True if they are those of `partition by` (3.x), which leaves rows as they are.
    pub partition: bool,
    /// `order by`.
    pub order: Option<Order>,
    /// Most rows of the result.
    pub limit: Option<u64>,
    /// Rows to leave out before.
    pub offset: u64,
    /// Most groups of the result.
    pub slimit: Option<u64>,
    /// Groups to leave out before.
    pub soffset: u64,
}

/// One selected item.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// What to compute.
    pub expr: Expr,
    /// `as name`
    pub alias: Option<String>,
    /// The item's text as it was written: the column's name if there is no alias.
    pub text: String,
}

/// What an item computes.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// `*`
    All,
    /// A column or tag.
    Column(String),
    /// A constant.
    Constant(Literal),
    /// A function of a column, of `*`, or of nothing.
    Call {
        /// The function.
        function: Function,
        /// Its arguments.
        arguments: Vec<Expr>,
    },
}

/// A function that the model knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    /// `count`
    Count,
    /// `sum`
    Sum,
    /// `avg`
    Avg,
    /// `min`
    Min,
    /// `max`
    Max,
    /// `first`
    First,
    /// `last`
    Last,
    /// `last_row`
    LastRow,
    /// `spread`
    Spread,
    /// `server_version()`
    ServerVersion,
    /// `client_version()`
    ClientVersion,
    /// `server_status()`
    ServerStatus,
    /// `database()`
    Database,
    /// `current_user()`
    CurrentUser,
    /// `now()` (3.x)
    Now,
    /// `timezone()` (3.x)
    Timezone,
}

/// A condition of `where`.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// Both.
    And(Box<Condition>, Box<Condition>),
    /// Either.
    Or(Box<Condition>, Box<Condition>),
    /// Not so (3.x).
    Not(Box<Condition>),
    /// A column compared with a value.
    Compare {
        /// The column, tag or `tbname`.
        column: String,
        /// How.
        comparison: Comparison,
        /// With what.
        value: Literal,
    },
    /// `column is null`, or with `not`.
    IsNull {
        /// The column.
        column: String,
        /// `is not null`
        negated: bool,
    },
    /// `column in (...)`
    In {
        /// The column.
        column: String,
        /// The values.
        values: Vec<Literal>,
    },
}

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `<>` or `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `like`, with `%` and `_`
    Like,
}

/// `order by`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// The column.
    pub column: String,
    /// The direction.
    pub direction: Direction,
}

/// The direction of `order by`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    /// `asc`
    #[default]
    Ascending,
    /// `desc`
    Descending,
}
