//! The Kubernetes API server of the embedded cluster: objects, validation, watch, tables, streams.
