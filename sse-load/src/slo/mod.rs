#![doc = include_str!("../../docs/verdicts.md")]

mod band;
mod check;
mod each;
mod figure;
mod generator;
mod good;
mod judge;
mod limit;
mod mean;
mod measure;
mod objective;
mod overload;
mod proof;
pub(crate) mod publish;
mod quantity;
mod share;
mod value;
mod verdict;

pub use crate::record::RequestLimit;
pub use crate::sample::{ALL, Scope, tag, turn, user_class};
pub use each::Each;
pub use figure::Figure;
pub(crate) use judge::unseen;
pub use limit::Limit;
pub use measure::{Measure, custom_count, custom_time};
pub use objective::{Bound, Objective, Statistic, family_wise};
pub use quantity::{
    FailedShare, MetricOf, Quantity, completion_tokens, connect, e2e, error_rate, good_fraction, goodput, icl, itl,
    lag, max_stall, panics, processing_time, prompt_tokens, queue, request_count, request_rate, task_errors, tok_s,
    tok_s_user, tpot, ttfb, ttfo, ttft, ttft_sched,
};
pub(crate) use share::{failure_effect, percentile_effect};
pub use value::Value;
pub use verdict::{Judged, Verdict, Verdicts, WorstOfMissed};
