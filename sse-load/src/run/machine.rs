//! The machine that this process runs on.

use std::env::consts::{ARCH, OS};

use crate::report::Machine;

/// The machine that this process runs on.
pub(super) fn machine() -> Machine {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| model(&text));
    Machine {
        cpu: cpu.unwrap_or_else(|| ARCH.to_owned()),
        cores: std::thread::available_parallelism().map_or(1, |cores| cores.get() as u64),
        os: format!("{OS} {ARCH}"),
    }
}

/// The model in Linux' list of processors, which some architectures don't have.
fn model(cpuinfo: &str) -> Option<String> {
    let line = cpuinfo.lines().find_map(|line| line.strip_prefix("model name"))?;
    let model = line.trim_start().strip_prefix(':')?.trim();
    (!model.is_empty()).then(|| model.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_model_is_that_of_the_first_processor() {
        let cpuinfo = "processor\t: 0\nvendor_id\t: GenuineIntel\nmodel name\t: Intel(R) Xeon(R) CPU @ 2.20GHz\nmodel name\t: b\n";
        assert_eq!(model(cpuinfo).as_deref(), Some("Intel(R) Xeon(R) CPU @ 2.20GHz"));
        assert_eq!(model("processor\t: 0\nCPU part\t: 0xd0c\n"), None);
    }

    #[test]
    fn every_machine_has_a_processor_and_a_system() {
        let machine = machine();
        assert!(!machine.cpu.is_empty() && machine.cores > 0 && machine.os.contains(ARCH), "{machine}");
    }
}
