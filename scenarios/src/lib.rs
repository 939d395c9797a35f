//! Every scenario file as one cargo test.
