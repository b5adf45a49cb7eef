//! The fields of a comparison's JSON, for its help.

use std::sync::Arc;

use crate::cli::compare::report::Compared;
use crate::cli::compare::series;
use crate::report::comparison::divisor::Divisor;
use crate::report::render::schema;

/// What the long help says after the options: the fields of the JSON.
#[must_use]
pub fn fields() -> String {
    let series = series::report(&Arc::default(), &[], (&[], &[1.0; 2]), &Divisor::Second);
    let found = Compared::empty().report();
    format!(
        "With --format json, one JSON object; of a row, an object without a value is null:\n\n{}\n\
         Of a series:\n\n{}\n\
         With --format csv, the rows with the fields that are no lists.",
        schema::fields(&found),
        schema::fields(&series)
    )
}
