//! What the machine left the generator over the measured window.

use std::sync::Arc;
use std::time::Duration;

use super::cgroup::{Cgroup, Throttled};
use super::cpu;
use super::proc_stat::Processors;
use crate::client::Stop;
use crate::clock::Timestamp;
use crate::report::{MachineLoad, Throttling};
use crate::stats::Ratio;

/// Counters at one moment.
struct Reading {
    at: Timestamp,
    used: Option<Duration>,
    throttled: Option<Throttled>,
    processors: Option<Processors>,
}

/// Reads the counters at both ends of the measured window.
pub(in super::super) async fn watch(stop: Arc<Stop>) -> MachineLoad {
    tokio::select! {
        () = tokio::time::sleep_until(stop.window().begin.instant().into()) => {}
        () = stop.draining() => {}
    }
    let cgroup = Cgroup::own();
    let begin = Reading::now(cgroup.as_ref());
    stop.draining().await;
    let end = Reading::now(cgroup.as_ref());
    machine(&begin, &end, cpu::allowed(cgroup.as_ref().and_then(Cgroup::quota)))
}

impl Reading {
    fn now(cgroup: Option<&Cgroup>) -> Self {
        Self {
            at: Timestamp::now(),
            used: cpu::used(),
            throttled: cgroup.and_then(Cgroup::throttled),
            processors: Processors::read(),
        }
    }
}

fn machine(begin: &Reading, end: &Reading, cores: f64) -> MachineLoad {
    let time = end.at - begin.at;
    let used = end.used.zip(begin.used).map(|(end, begin)| end.saturating_sub(begin));
    let throttled = end.throttled.zip(begin.throttled).map(|(end, begin)| end.since(begin));
    let processors = end.processors.zip(begin.processors).map(|(end, begin)| end.since(begin));
    let processors = processors.filter(|processors| processors.all > 0);
    let share = |part: Duration| Ratio::from(part.as_secs_f64() / (time.as_secs_f64() * cores).max(f64::MIN_POSITIVE));
    MachineLoad {
        cores,
        used: used.filter(|_| !time.is_zero()).map(share),
        throttled: throttled.filter(|_| !time.is_zero()).map(|throttled| Throttling {
            periods: throttled.periods,
            time: throttled.time,
            share: Ratio::from((throttled.time.as_secs_f64() / time.as_secs_f64()).min(1.0)),
        }),
        steal: processors.map(|processors| Ratio::of(processors.steal, processors.all)),
        busy: processors.map(|processors| Ratio::of(processors.busy, processors.all)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(at: u64, used: u64, processors: Processors) -> Reading {
        let ms = Duration::from_millis;
        Reading {
            at: Timestamp::from_nanos(0) + ms(at),
            used: Some(ms(used)),
            throttled: Some(Throttled { periods: at, time: ms(at / 4) }),
            processors: Some(processors),
        }
    }

    #[test]
    fn a_window_has_what_was_counted_within_it() {
        let begin = reading(1_000, 300, Processors { all: 500, busy: 100, steal: 7 });
        let end = reading(3_000, 1_300, Processors { all: 900, busy: 300, steal: 27 });
        let machine = machine(&begin, &end, 2.0);
        assert_eq!((machine.used, machine.busy), (Some(Ratio::from(0.25)), Some(Ratio::from(0.5))));
        assert_eq!(machine.steal, Some(Ratio::from(0.05)));
        let throttled = machine.throttled.expect("it was counted");
        assert_eq!(
            (throttled.periods, throttled.time, throttled.share.get()),
            (2_000, Duration::from_millis(500), 0.25)
        );
    }

    #[test]
    fn what_was_not_counted_is_not_zero() {
        let none = || Reading { at: Timestamp::from_nanos(5), used: None, throttled: None, processors: None };
        let machine = machine(&none(), &none(), 1.0);
        assert!(
            machine.used.is_none() && machine.throttled.is_none() && machine.steal.is_none() && machine.busy.is_none()
        );
    }
}
