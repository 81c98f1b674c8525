//! Paths of datasets, to the model, the layer and what the tensor is to it.

/// What a tensor is to its layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    Kernel,
    Bias,
    Gamma,
    Beta,
    Mean,
    Variance,
    /// Keras 3 numbers a layer's tensors, and so did Keras before 1.0.
    At(usize),
    Other,
}

/// The model, the layer and the part that a dataset's path names.
pub(super) fn locate(path: &str, layer_name: impl Fn(&str) -> Option<String>) -> (String, String, Part) {
    let (group, leaf) = path.rsplit_once('/').unwrap_or(("", path));
    if let Some(layer_group) = group.strip_suffix("/vars") {
        let (model, layer) = layer_group.rsplit_once('/').unwrap_or(("", layer_group));
        let part = leaf.parse().map_or(Part::Other, Part::At);
        return (model.to_owned(), layer_name(group).unwrap_or(layer.to_owned()), part);
    }
    // Keras repeats the layer's name (`block1_conv1/block1_conv1/kernel:0`), with the model's between or not.
    let layer = group.rsplit('/').next().unwrap_or(group);
    let model: Vec<&str> = group.split('/').take_while(|word| *word != layer).collect();
    (model.join("/"), layer.to_owned(), part(leaf))
}

/// The part that the last word of a legacy path names.
fn part(leaf: &str) -> Part {
    if let Some(number) = leaf.strip_prefix("param_") {
        return number.parse().map_or(Part::Other, Part::At);
    }
    let word = leaf.split(':').next().unwrap_or(leaf);
    let word = word.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches('_');
    // Keras 1 called the variance `running_std`.
    const ENDINGS: [(&str, Part); 9] = [
        ("_W", Part::Kernel),
        ("_b", Part::Bias),
        ("gamma", Part::Gamma),
        ("beta", Part::Beta),
        ("moving_mean", Part::Mean),
        ("running_mean", Part::Mean),
        ("moving_variance", Part::Variance),
        ("running_var", Part::Variance),
        ("running_std", Part::Variance),
    ];
    match word {
        "kernel" => Part::Kernel,
        "bias" => Part::Bias,
        _ => ENDINGS.iter().find(|(ending, _)| word.ends_with(ending)).map_or(Part::Other, |(_, part)| *part),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn located(path: &str) -> (String, String, Part) {
        locate(path, |_| None)
    }

    #[test]
    fn every_kind_of_path_names_its_layer() {
        let layer = "block1_conv1".to_owned();
        assert_eq!(located("block1_conv1/block1_conv1_W_1:0"), ("".into(), layer.clone(), Part::Kernel));
        assert_eq!(located("block1_conv1/block1_conv1_b_1:0"), ("".into(), layer.clone(), Part::Bias));
        assert_eq!(located("block1_conv1/block1_conv1/kernel:0"), ("".into(), layer.clone(), Part::Kernel));
        let inner = "model_weights/vgg16".to_owned();
        assert_eq!(located("model_weights/vgg16/block1_conv1/bias:0"), (inner, layer.clone(), Part::Bias));
        let outer = "model_weights".to_owned();
        assert_eq!(located("model_weights/block1_conv1/vgg16/block1_conv1/kernel"), (outer, layer, Part::Kernel));
        assert_eq!(located("layers/conv2d_3/vars/0"), ("layers".into(), "conv2d_3".into(), Part::At(0)));
        assert_eq!(located("layer_1/param_0"), ("".into(), "layer_1".into(), Part::At(0)));
        assert_eq!(located("bn/moving_mean:0"), ("".into(), "bn".into(), Part::Mean));
        assert_eq!(located("bn/bn/gamma"), ("".into(), "bn".into(), Part::Gamma));
        assert_eq!(located("bn_1/bn_1_running_std:0"), ("".into(), "bn_1".into(), Part::Variance));
        assert_eq!(located("dense/seed_generator_state"), ("".into(), "dense".into(), Part::Other));
    }
}
