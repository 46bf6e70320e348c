//! Judges a figure that must lie between two limits.

use super::judge::{Measured, measure_side};
use super::proof::Proof;
use super::{Objective, Value, Verdict};
use crate::report::Report;

/// A pass takes that of both sides, each at α: the intersection-union test, whose level is that of its sides (Berger,
/// "Multiparameter hypothesis testing and acceptance sampling", Technometrics 24, 1982). A miss takes that of one side at α / 2,
/// since either may be the false one.
pub(super) fn measure(report: &Report, objective: &Objective, low: Value) -> Result<Measured, String> {
    let of_sides = |alpha| {
        let [lower, upper] = objective.sides(low, alpha);
        Ok::<_, String>([measure_side(report, &lower)?, measure_side(report, &upper)?])
    };
    let sides = of_sides(objective.alpha)?;
    let misses = of_sides(objective.alpha / 2.0)?.iter().any(|side| side.proof.verdict == Verdict::Miss);
    let proof = combined(sides.each_ref().map(|side| side.proof), misses);
    let effective = sides.iter().map(|side| side.effective).min().unwrap_or_default();
    let [lower, upper] = sides;
    let shown = if lower.proof.verdict == Verdict::Pass { upper } else { lower };
    Ok(Measured { effective, proof, ..shown })
}

fn combined(sides: [Proof; 2], misses: bool) -> Proof {
    let unproven: Vec<_> = sides.into_iter().filter(|side| side.verdict != Verdict::Pass).collect();
    if misses || unproven.is_empty() {
        let deciding = if misses { Verdict::Miss } else { Verdict::Pass };
        let is_fact = sides.iter().filter(|side| side.verdict == deciding).all(|side| side.is_fact);
        return Proof { is_fact, ..Proof::proven(!misses) };
    }
    let needs = unproven.iter().map(|side| side.needs).collect::<Option<Vec<_>>>();
    Proof { needs: needs.and_then(|needs| needs.into_iter().max()), ..Proof::UNDECIDED }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_pass_one_misses_and_the_needier_one_says_how_many() {
        let (pass, miss) = (Proof::of_fact(true), Proof::of_fact(false));
        let needs = |needs| Proof { needs, ..Proof::UNDECIDED };
        assert_eq!(combined([pass, pass], false), pass);
        assert_eq!(combined([pass, miss], true), miss);
        assert_eq!(combined([needs(Some(3)), pass], false), needs(Some(3)));
        assert_eq!(combined([needs(Some(3)), needs(Some(8))], false), needs(Some(8)));
        assert_eq!(combined([needs(Some(3)), miss], false), needs(None), "it misses at α, but not at half of it");
    }
}
