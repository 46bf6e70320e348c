//! What a load test needs: `use sse_load::prelude::*`.

pub use crate::client::{Context, Reply, RequestError};
pub use crate::clock::{ms, secs};
pub use crate::data::{Feeder, Lengths, Prompts};
pub use crate::load::{Arrivals, LoadShape, WaitTime, between, constant, exponential, pacing, throughput};
pub use crate::protocol::Format;
pub use crate::report::Report;
pub use crate::run::{CapacitySearch, LoadTest, LoadTestExt, Sweep, env_or};
pub use crate::sample::{FailureClass, Metric};
pub use crate::scrape::ServerMetrics;
pub use crate::slo::{
    ALL, Objective, Verdict, completion_tokens, connect, custom_count, custom_time, e2e, error_rate, family_wise,
    good_fraction, goodput, icl, itl, lag, max_stall, panics, processing_time, prompt_tokens, queue, request_count,
    request_rate, tag, task_errors, tok_s, tok_s_user, tpot, ttfb, ttfo, ttft, ttft_sched, turn, user_class,
};
pub use crate::stats::{Rate, Ratio};
pub use crate::transport::Connections;
pub use crate::user::{TaskError, TaskResult, User};
pub use sse_load_macros::{on_start, on_stop, sse_user, task};
