//! TDengine's SQL as the embedded servers speak it: statements, tables of rows, shell and REST rendering.
