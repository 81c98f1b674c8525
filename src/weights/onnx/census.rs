//! Counts the messages in an ONNX file before they are decoded: an empty message takes two bytes in the file and some
//! two hundred in memory, so that a small file could ask for a hundred times its size.

/// No real message of a graph takes fewer bytes on average; decoded, one takes at most about a dozen times as many.
const BYTES_PER_MESSAGE: usize = 16;

/// Small graphs may have small messages.
const FREE_MESSAGES: usize = 4096;

/// Which fields of a message are messages or texts of their own.
struct Schema(&'static [(u64, Option<&'static Schema>)]);

const MODEL: Schema = Schema(&[(7, Some(&GRAPH)), (8, None), (14, None)]);
const GRAPH: Schema = Schema(&[(1, Some(&NODE)), (5, Some(&TENSOR)), (11, Some(&VALUE)), (12, Some(&VALUE))]);
const NODE: Schema = Schema(&[(1, None), (2, None), (5, Some(&ATTRIBUTE))]);
const ATTRIBUTE: Schema = Schema(&[(5, Some(&TENSOR))]);
const TENSOR: Schema = Schema(&[(13, None)]);
const VALUE: Schema = Schema(&[(2, Some(&TYPE))]);
const TYPE: Schema = Schema(&[(1, Some(&TENSOR_TYPE))]);
const TENSOR_TYPE: Schema = Schema(&[(2, Some(&SHAPE))]);
const SHAPE: Schema = Schema(&[(1, None)]);

/// Whether a file has no more messages than its size makes believable. Broken files pass: decoding finds what is wrong.
pub(super) fn is_believable(bytes: &[u8]) -> bool {
    let mut left = FREE_MESSAGES + bytes.len() / BYTES_PER_MESSAGE;
    count(bytes, &MODEL, &mut left).is_some()
}

/// Takes the messages of one level, and of the levels below, off what is left; none where nothing is left.
fn count(mut bytes: &[u8], schema: &Schema, left: &mut usize) -> Option<()> {
    while let Some((field, payload, rest)) = next(bytes) {
        bytes = rest;
        if let Some((_, inner)) = schema.0.iter().find(|(number, _)| *number == field) {
            *left = left.checked_sub(1)?;
            if let (Some(inner), Some(payload)) = (inner, payload) {
                count(payload, inner, left)?;
            }
        }
    }
    Some(())
}

/// A field's number, its payload where it has a length, and what comes after it.
type Field<'a> = (u64, Option<&'a [u8]>, &'a [u8]);

/// A field's number, its payload where it has a length, and what comes after it; none at the end, or where it is broken.
fn next(bytes: &[u8]) -> Option<Field<'_>> {
    let (key, rest) = varint(bytes)?;
    let field = key >> 3;
    match key & 7 {
        0 => varint(rest).map(|(_, rest)| (field, None, rest)),
        1 => rest.get(8..).map(|rest| (field, None, rest)),
        2 => {
            let (length, rest) = varint(rest)?;
            let (payload, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
            Some((field, Some(payload), rest))
        }
        5 => rest.get(4..).map(|rest| (field, None, rest)),
        _ => None,
    }
}

fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0u64;
    for (at, byte) in bytes.iter().enumerate().take(10) {
        value |= u64::from(byte & 0x7f).checked_shl(7 * at as u32).unwrap_or(0);
        if byte & 0x80 == 0 {
            return Some((value, &bytes[at + 1..]));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_graph_of_empty_nodes_is_not_believed() {
        let nodes = [0x0a, 0x00].repeat(1_000_000);
        let mut model = vec![0x3a];
        prost::encoding::encode_varint(nodes.len() as u64, &mut model);
        model.extend(nodes);
        assert!(!is_believable(&model));
        assert!(is_believable(&[0x08, 0x08]));
    }
}
