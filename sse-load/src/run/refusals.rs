//! Settings that together make no sense.

use super::PlanError;
use super::crowd::Crowd;
use super::env::Settings;
use super::load_test::LoadTest;
use super::sources::Source;
use super::step::Difference;
use crate::stats::Rate;

/// What this build can't show is no reason to be silent.
pub(super) fn refuse_a_dashboard_without_its_feature(settings: &Settings) -> Result<(), PlanError> {
    if settings.dashboard.is_some() && !cfg!(feature = "dashboard") {
        return Err(PlanError::NoDashboard);
    }
    Ok(())
}

/// A setting that changes nothing is a mistake of whoever sets it.
pub(super) fn refuse_what_has_no_effect(
    test: &LoadTest,
    settings: &Settings,
    crowd: &Crowd,
    sources: &[Source],
) -> Result<(), PlanError> {
    let refuse = |refused: bool, error: PlanError| if refused { Err(error) } else { Ok(()) };
    let (has_users, has_arrivals) = (crowd.users > 0, !sources.is_empty());
    refuse(!has_users && !has_arrivals, PlanError::NoUser)?;
    refuse(test.max_tasks == Some(0) || test.max_tasks_per_user == Some(0), PlanError::NoTurn)?;
    refuse(has_arrivals && test.max_users == Some(0), PlanError::NobodyServes)?;
    refuse(
        !has_arrivals && test.max_users.is_some(),
        PlanError::NoEffect("`.max_users(..)` bounds who serves arrivals"),
    )?;
    let per_user = PlanError::NoEffect(
        "`.max_tasks_per_user(..)` bounds users, and arrivals have none of their own: use .max_tasks(..)",
    );
    refuse(!has_users && test.max_tasks_per_user.is_some(), per_user)?;
    let kinds = sources.len() + usize::from(has_users);
    refuse(has_arrivals && kinds > 1 && test.max_tasks.is_some(), PlanError::TasksOfSeveral)?;
    let spawned = settings.spawn_rate.or(test.spawn_rate.map(Rate::get)).is_some();
    let rate =
        PlanError::NoEffect("a spawn rate is for a number of users, and each class has a shape or arrivals of its own");
    refuse(spawned && !crowd.is_mixed, rate)?;
    let users =
        PlanError::NoEffect("SSE_LOAD_USERS is for the users of all classes, and each class has a load of its own");
    refuse(settings.users.is_some() && !crowd.is_mixed && test.arrivals.is_none(), users)
}

/// Each step is judged by what it is a step of.
pub(super) fn refuse_expectations_of_steps(test: &LoadTest) -> Result<(), PlanError> {
    let is_refused = test.step.of.is_some() && !(test.expected.is_empty() && test.until_decided.is_none());
    if is_refused { Err(PlanError::ExpectedOfSteps) } else { Ok(()) }
}

/// Steps that differ in something, and a variable that sets it for all of them.
pub(super) fn refuse_one_for_all_steps(test: &LoadTest, settings: &Settings) -> Result<(), PlanError> {
    let differ_in = test.step.differ_in;
    let variables = [
        (Difference::Load, "SSE_LOAD_USERS", settings.users.is_some()),
        (Difference::Load, "SSE_LOAD_ARRIVALS", settings.arrivals.is_some()),
        (Difference::Host, "SSE_LOAD_HOST", settings.host.is_some()),
    ];
    match variables.into_iter().find(|(what, _, is_set)| *is_set && *what == differ_in) {
        Some((Difference::Host, variable, _)) => Err(PlanError::OneHost(variable)),
        Some((_, variable, _)) => Err(PlanError::OneLoad(variable)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dashboard_needs_its_feature_and_the_message_names_it() {
        let settings = Settings { dashboard: Some(([127, 0, 0, 1], 0).into()), ..Settings::default() };
        let refused = refuse_a_dashboard_without_its_feature(&settings).map_err(|error| error.to_string());
        assert_eq!(refused.is_ok(), cfg!(feature = "dashboard"));
        assert!(refused.err().is_none_or(|message| message.contains("its feature `dashboard`")));
        assert!(refuse_a_dashboard_without_its_feature(&Settings::default()).is_ok());
    }
}
