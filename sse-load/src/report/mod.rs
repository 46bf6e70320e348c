//! What a run found: plain data that serialises.

mod build;
mod distribution;
mod doubts;
mod figures;
mod model;
mod request;
mod worst;

pub use build::{Facts, build};
pub use distribution::{Distribution, NoSamples, Numbers, Times};
pub use model::{
    Artifacts, ClassSummary, Ending, FailureSummary, MalformedSummary, OnInconclusive, PanicSummary, PlanSummary,
    Profile, Report, SCHEMA_VERSION, TaskErrorSummary, TaskSummary,
};
pub use request::RequestReport;
pub use worst::WorstSample;
