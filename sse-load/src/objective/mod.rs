//! What a run is expected to keep, as plain data: `slo` judges it.

mod each;
mod expected;
mod figure;
mod limit;
mod measure;
mod quantity;
mod statistic;
mod value;
mod verdict;

pub use each::Each;
pub use expected::{Decision, Expected, Looks};
pub use figure::Figure;
pub use limit::Limit;
pub use measure::{Measure, custom_count, custom_time};
pub use quantity::{
    FailedShare, MetricOf, Quantity, completion_tokens, connect, e2e, error_rate, good_fraction, goodput, icl, itl,
    lag, max_stall, panics, processing_time, prompt_tokens, queue, request_count, request_rate, task_errors, tok_s,
    tok_s_user, tpot, ttfb, ttfo, ttft, ttft_sched,
};
pub use statistic::{Bound, Objective, Statistic, family_wise};
pub use value::Value;
pub use verdict::Verdict;
