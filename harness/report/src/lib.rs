//! Reports made from an event stream alone: terminal, JSON, JUnit, Markdown, HTML.
