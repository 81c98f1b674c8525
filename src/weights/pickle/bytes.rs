//! The bytes of a pickle, read from the front, and the literals in them.

use super::super::error::Problem;
use super::machine::FORMAT;
use super::opcode::Opcode;
use super::value::Value;

/// A cursor that never goes beyond the end.
pub(super) struct Bytes<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> Bytes<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, position: 0 }
    }

    pub(super) fn position(&self) -> usize {
        self.position
    }

    /// Of all bytes, read or not.
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], Problem> {
        let rest = &self.bytes[self.position..];
        let taken = rest.get(..count).ok_or_else(|| Problem::damaged(FORMAT, "its pickle ends too early"))?;
        self.position += count;
        Ok(taken)
    }

    pub(super) fn byte(&mut self) -> Result<u8, Problem> {
        Ok(self.take(1)?[0])
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Problem> {
        Ok(self.take(N)?.try_into().expect("take gives as many bytes as it was asked for"))
    }

    /// A length of four bytes.
    pub(super) fn length4(&mut self) -> Result<usize, Problem> {
        Ok(u32::from_le_bytes(self.array()?) as usize)
    }

    /// Text up to the end of a line.
    pub(super) fn line(&mut self) -> Result<&'a str, Problem> {
        let rest = &self.bytes[self.position..];
        let length = rest.iter().position(|&byte| byte == b'\n');
        let length = length.ok_or_else(|| Problem::damaged(FORMAT, "its pickle ends in the middle of a name"))?;
        let line = self.take(length)?;
        self.position += 1;
        text(line)
    }

    /// The number, text or bytes that an opcode carries with it.
    pub(super) fn literal(&mut self, opcode: Opcode) -> Result<Value<'a>, Problem> {
        Ok(match opcode {
            Opcode::BinInt => Value::Int(i64::from(i32::from_le_bytes(self.array()?))),
            Opcode::BinInt1 => Value::Int(i64::from(self.byte()?)),
            Opcode::BinInt2 => Value::Int(i64::from(u16::from_le_bytes(self.array()?))),
            Opcode::Long1 => {
                let length = usize::from(self.byte()?);
                integer(self.take(length)?)
            }
            Opcode::Long4 => {
                let length = self.length4()?;
                integer(self.take(length)?)
            }
            Opcode::BinFloat => {
                self.take(8)?;
                Value::Float
            }
            Opcode::ShortBinUnicode | Opcode::ShortBinString => {
                let length = usize::from(self.byte()?);
                Value::Text(text(self.take(length)?)?)
            }
            Opcode::BinUnicode => {
                let length = self.length4()?;
                Value::Text(text(self.take(length)?)?)
            }
            Opcode::BinUnicode8 => {
                let length = u64::from_le_bytes(self.array()?);
                Value::Text(text(self.take(usize::try_from(length).unwrap_or(usize::MAX))?)?)
            }
            Opcode::ShortBinBytes => {
                let length = usize::from(self.byte()?);
                self.take(length)?;
                Value::Bytes
            }
            _ => {
                let length = self.length4()?;
                self.take(length)?;
                Value::Bytes
            }
        })
    }
}

fn text(bytes: &[u8]) -> Result<&str, Problem> {
    std::str::from_utf8(bytes).map_err(|_| Problem::damaged(FORMAT, "its pickle holds text that is not UTF-8"))
}

/// A two's complement integer of any length.
fn integer(bytes: &[u8]) -> Value<'_> {
    if bytes.len() > 8 {
        return Value::BigInt(bytes);
    }
    let negative = bytes.last().is_some_and(|&last| last >= 0x80);
    let mut whole = [if negative { 0xff } else { 0 }; 8];
    whole[..bytes.len()].copy_from_slice(bytes);
    Value::Int(i64::from_le_bytes(whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_of_any_length_keep_their_sign() {
        assert!(matches!(integer(&[]), Value::Int(0)));
        assert!(matches!(integer(&[0xff]), Value::Int(-1)));
        assert!(matches!(integer(&[0xff, 0]), Value::Int(255)));
        assert!(matches!(integer(&[0; 10]), Value::BigInt(_)));
    }
}
