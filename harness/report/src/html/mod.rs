//! `report.html`: one file, no network, no scripts; for somebody who decides about a release.

mod check;
mod clients;
mod evidence;
mod ledger;
mod page;
mod rest;
mod scenario;
mod timeline;
mod times;
mod top;

pub(crate) use page::page;
