//! An embedded Kubernetes cluster whose pods run a model of TDengine.
