#![doc = include_str!("../../docs/verdicts.md")]

mod band;
mod check;
mod decide;
mod delay;
mod exposure;
mod figure;
mod generator;
mod good;
mod judge;
mod mean;
mod overload;
mod proof;
pub(crate) mod publish;
mod samples;
mod share;
#[cfg(test)]
mod simulation;
mod verdict;

pub use crate::objective::{
    Bound, Decision, Each, Expected, FailedShare, Figure, Limit, Looks, Measure, MetricOf, Objective, Quantity,
    Statistic, Value, Verdict, completion_tokens, connect, custom_count, custom_time, e2e, error_rate, family_wise,
    good_fraction, goodput, icl, itl, lag, max_stall, panics, processing_time, prompt_tokens, queue, request_count,
    request_rate, task_errors, tok_s, tok_s_user, tpot, ttfb, ttfo, ttft, ttft_sched,
};
pub use crate::record::RequestLimit;
pub use crate::sample::{ALL, Scope, tag, turn, user_class};
pub(crate) use decide::decide;
pub(crate) use delay::Delay;
pub(crate) use judge::unseen;
pub(crate) use overload::{late, overload};
pub(crate) use publish::{InSuite, OnPage, PLACE_OF_CHECKS, fenced};
pub(crate) use share::{failure_effect, nobody_knows, percentile_effect};
pub use verdict::{Judged, Verdicts, WorstOfMissed};
