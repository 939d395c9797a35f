//! TDengine as a client sees it: shell and REST dialects, result tables, error codes, profiles.
