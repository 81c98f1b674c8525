//! `predictions.csv`: what the last stage's network says of each validation image.

/// One image.
#[derive(Clone, Debug, PartialEq)]
pub struct PredictionRow {
    /// The image's path, relative to the validation folder.
    pub path: String,
    /// Its class.
    pub label: String,
    /// The class that the network finds most probable.
    pub predicted: String,
    /// The probability that it gives to that class, 0 to 1.
    pub probability: f32,
}

/// The text of `predictions.csv`.
pub fn predictions_csv(rows: &[PredictionRow]) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut write = |fields: [&str; 4]| writer.write_record(fields).expect("memory takes what is written");
    write(["path", "label", "predicted", "probability"]);
    for row in rows {
        write([&row.path, &row.label, &row.predicted, &row.probability.to_string()]);
    }
    writer.into_inner().expect("memory takes what is written")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_commas_and_quotes_are_quoted() {
        let row = |path: &str| PredictionRow {
            path: path.to_owned(),
            label: "cats".to_owned(),
            predicted: "dogs".to_owned(),
            probability: 0.1,
        };
        let text = String::from_utf8(predictions_csv(&[row("a.jpg"), row("b, \"c\".jpg")])).expect("text");
        let expected = "path,label,predicted,probability\na.jpg,cats,dogs,0.1\n\"b, \"\"c\"\".jpg\",cats,dogs,0.1\n";
        assert_eq!(text, expected);
    }
}
