//! Scenario files, the plan made of them, and the runner.
