//! Where columns stand.

use crate::report::table::{Kind, Table};
use crate::report::view::TableLayout;
use crate::widget::data_table::widths::Widths;

/// Narrowest that a column can be dragged, points.
pub(super) const LEAST_WIDTH: f32 = 32.0;
/// Narrowest that a column gets which shares what is left, points.
const LEAST_OPEN: f32 = 80.0;

/// The usual width of a column, points; and its share of what is left if that is 0.
const fn usual(kind: Kind) -> (f32, f32) {
    match kind {
        Kind::Duration | Kind::Bytes => (84.0, 0.0),
        Kind::Time => (116.0, 0.0),
        Kind::Count => (76.0, 0.0),
        Kind::Figure | Kind::Change | Kind::Word => (84.0, 0.0),
        Kind::Ratio => (68.0, 0.0),
        Kind::Id => (84.0, 0.0),
        Kind::Flag => (60.0, 0.0),
        Kind::Bar => (160.0, 0.0),
        Kind::Text | Kind::List => (0.0, 1.0),
        Kind::Function | Kind::Stack => (0.0, 1.5),
        Kind::Table | Kind::Fields => (0.0, 0.0),
    }
}

/// Left edge and width of each of `columns` in `width` points: as dragged, as usual, or a share of what is left. What is
/// not enough for all makes the shared ones as narrow as they get.
pub(super) fn places(
    table: &Table,
    columns: &[usize],
    (layout, widths): (&TableLayout, &Widths),
    width: f32,
) -> Vec<(f32, f32)> {
    let wanted: Vec<(f32, f32)> = columns
        .iter()
        .map(|at| {
            let Some(column) = table.columns.get(*at) else { return (0.0, 0.0) };
            let heading = column.title.chars().count() as f32 * 6.6 + 22.0;
            match (layout.widths.get(&*column.id), usual(column.kind)) {
                (Some(dragged), _) if dragged.is_finite() => (dragged.max(LEAST_WIDTH), 0.0),
                (_, (0.0, share)) => (0.0, share),
                (_, (usual, share)) => (usual.max(heading).max(widths.of_column(*at)), share),
            }
        })
        .collect();
    let fixed: f32 = wanted.iter().map(|wanted| wanted.0).sum();
    let shares: f32 = wanted.iter().map(|wanted| wanted.1).sum();
    let mut x = 0.0;
    wanted
        .iter()
        .map(|(own, share)| {
            let own = if *share > 0.0 { ((width - fixed) * share / shares).max(LEAST_OPEN) } else { *own };
            x += own;
            (x - own, own)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::places;
    use crate::report::table::tests::sample;
    use crate::report::view::TableLayout;
    use crate::widget::data_table::widths::Widths;

    #[test]
    fn dragged_columns_keep_their_width_and_others_share() {
        let (mut layout, widths) = (TableLayout::default(), Widths::default());
        assert_eq!(
            places(&sample(), &[0, 1, 2], (&layout, &widths), 400.0),
            [(0.0, 240.0), (240.0, 84.0), (324.0, 76.0)]
        );
        layout.widths.insert("name".to_owned(), 100.0);
        assert_eq!(places(&sample(), &[1, 0], (&layout, &widths), 400.0), [(0.0, 84.0), (84.0, 100.0)]);
        layout.widths.insert("name".to_owned(), f32::NAN);
        assert_eq!(places(&sample(), &[0], (&layout, &widths), 50.0), [(0.0, 80.0)]);
    }

    #[test]
    fn a_number_that_needs_more_room_gets_it() {
        let (layout, widths) = (TableLayout::default(), Widths::known(&[0.0, 0.0, 120.0]));
        assert_eq!(places(&sample(), &[2], (&layout, &widths), 400.0), [(0.0, 120.0)]);
    }
}
