//! What a run found: plain data that serialises.

mod baselines;
mod build;
mod custom;
mod distribution;
mod doubts;
mod figures;
mod groups;
mod health;
mod load;
mod lookup;
mod machine;
mod merge;
mod model;
mod plan_summary;
mod request;
mod stored;
mod summaries;
mod trace;
mod worst;

pub use baselines::{Baselines, UpdateBaseline};
pub use build::{Facts, build};
pub use custom::CustomReport;
pub use distribution::{Distribution, NoSamples, Numbers, Rates, Times};
pub use health::{Floor, Health, MachineLoad, Surroundings, Throttling};
pub use load::LoadError;
pub use lookup::UnknownScope;
pub use machine::Machine;
pub use merge::MergeError;
pub use model::{Artifacts, Ending, OnInconclusive, Profile, Report, SCHEMA_VERSION};
pub use plan_summary::{ClassSummary, PlanSummary};
pub use request::RequestReport;
pub use summaries::{FailureSummary, MalformedSummary, PanicSummary, TaskErrorSummary, TaskSummary};
pub use trace::{SlowestRequests, Trace};
pub use worst::WorstSample;
