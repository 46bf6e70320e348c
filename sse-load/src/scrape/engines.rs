//! What the known engines call what they tell of themselves: the only place that has their names.
//!
//! By the documentation and the source of each, 2024 to 2026: vLLM `docs/usage/metrics` and `v1/metrics/loggers.py`, `SGLang`
//! `references/production_metrics` and `srt/observability/metrics_collector.py`, TGI `reference/metrics`, llama.cpp `tools/server`.

use crate::record::ServerFigure::{
    self, KvCache, Preemptions, PrefixCacheHits, RequestsRunning, RequestsWaiting, TokensGenerated,
};

/// An engine that serves models.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Engine {
    pub(super) name: &'static str,
    /// What it tells. Where a figure has several sources, which are those of several versions, the first that is there counts.
    pub(super) tells: &'static [(ServerFigure, Source<'static>)],
}

/// How a figure comes from the values of a metric, which has one for each set of labels: engines, ranks, models.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source<'n> {
    /// A number of things, all together.
    Sum(&'n str),
    /// A share: that of the fullest, since it is what requests wait for.
    Fullest(&'n str),
    /// A share: the mean of all.
    Mean(&'n str),
    /// What is added to a counter, all together.
    Rate(&'n str),
    /// What is added to a counter, as a share of what is added to others.
    Share(&'n str, &'n [&'n str]),
}

impl<'n> Source<'n> {
    /// The metrics that it needs.
    pub(super) fn names(&self) -> impl Iterator<Item = &'n str> {
        let (first, others) = match *self {
            Self::Sum(name) | Self::Fullest(name) | Self::Mean(name) | Self::Rate(name) => (name, &[][..]),
            Self::Share(part, of) => (part, of),
        };
        std::iter::once(first).chain(others.iter().copied())
    }

    /// Those of them that are counters.
    pub(super) fn counters(&self) -> impl Iterator<Item = &'n str> {
        let is_counted = matches!(self, Self::Rate(_) | Self::Share(..));
        self.names().filter(move |_| is_counted)
    }
}

pub(super) const ENGINES: [Engine; 4] = [
    Engine {
        name: "vLLM",
        tells: &[
            (RequestsWaiting, Source::Sum("vllm:num_requests_waiting")),
            (RequestsRunning, Source::Sum("vllm:num_requests_running")),
            (KvCache, Source::Fullest("vllm:kv_cache_usage_perc")),
            // Before 0.10.
            (KvCache, Source::Fullest("vllm:gpu_cache_usage_perc")),
            (PrefixCacheHits, Source::Share("vllm:prefix_cache_hits_total", &["vllm:prefix_cache_queries_total"])),
            (
                PrefixCacheHits,
                Source::Share("vllm:gpu_prefix_cache_hits_total", &["vllm:gpu_prefix_cache_queries_total"]),
            ),
            // The first engine, V0.
            (PrefixCacheHits, Source::Mean("vllm:gpu_prefix_cache_hit_rate")),
            (Preemptions, Source::Rate("vllm:num_preemptions_total")),
            (TokensGenerated, Source::Rate("vllm:generation_tokens_total")),
        ],
    },
    Engine {
        name: "SGLang",
        tells: &[
            (RequestsWaiting, Source::Sum("sglang:num_queue_reqs")),
            (RequestsRunning, Source::Sum("sglang:num_running_reqs")),
            (KvCache, Source::Fullest("sglang:token_usage")),
            (PrefixCacheHits, Source::Mean("sglang:cache_hit_rate")),
            // `sglang:num_retracted_reqs`, which older versions have alone, is a gauge of the last time that any was.
            (Preemptions, Source::Rate("sglang:num_retracted_requests_total")),
            (TokensGenerated, Source::Rate("sglang:generation_tokens_total")),
        ],
    },
    Engine {
        name: "TGI",
        tells: &[
            (RequestsWaiting, Source::Sum("tgi_queue_size")),
            (RequestsRunning, Source::Sum("tgi_batch_current_size")),
            (TokensGenerated, Source::Rate("tgi_request_generated_tokens_sum")),
        ],
    },
    Engine {
        name: "llama.cpp",
        tells: &[
            (RequestsWaiting, Source::Sum("llamacpp:requests_deferred")),
            (RequestsRunning, Source::Sum("llamacpp:requests_processing")),
            // Gone since the middle of 2025.
            (KvCache, Source::Fullest("llamacpp:kv_cache_usage_ratio")),
            (
                PrefixCacheHits,
                // What was found in the cache is not among the others.
                Source::Share(
                    "llamacpp:prompt_tokens_cached_total",
                    &["llamacpp:prompt_tokens_cached_total", "llamacpp:prompt_tokens_total"],
                ),
            ),
            (TokensGenerated, Source::Rate("llamacpp:tokens_predicted_total")),
        ],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_engines_share_a_name() {
        let mut names: Vec<_> = Vec::new();
        for engine in &ENGINES {
            let mut own: Vec<_> = engine.tells.iter().flat_map(|(_, source)| source.names()).collect();
            own.sort_unstable();
            own.dedup();
            names.extend(own);
        }
        let number = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), number);
    }
}
