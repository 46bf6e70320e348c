//! The pages in a real browser: `tests/browser/install.sh` installs it; without one the tests are skipped.

mod accessible;
mod driver;
mod live;
mod pages;
mod printed;
mod served;
mod values;
