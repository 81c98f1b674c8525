//! The pickle machine, as data only.
//!
//! A pickle is a program for a stack machine whose `GLOBAL` and `REDUCE` import and call anything. This machine imports
//! nothing: a global is a word of a short list ([`Global`]), and a call of one makes a value of the arena. Every other
//! global, and every opcode that builds objects, is refused by name, before anything after it is looked at. Each step
//! consumes input and adds at most a few words, so that memory stays in proportion to the pickle.

use super::super::error::{Problem, Refused};
use super::bytes::Bytes;
use super::opcode::Opcode;
use super::value::{Global, Id, Storage, Tensor, Value};

pub(super) const FORMAT: &str = "PyTorch checkpoint";

/// A memo index beyond the values made so far is no pickle of this world; memo tables are dense.
const MEMO_SLACK: usize = 1 << 16;

/// A checkpoint of VGG16 with its optimiser makes a few thousand. One byte can make one value of some 32 bytes, so this
/// keeps a hostile pickle below 100 MB, however large it is.
const MAX_VALUES: usize = 1 << 20;

/// A pickle that has run to its end.
pub(in crate::weights) struct Pickle<'a> {
    values: Vec<Value<'a>>,
    /// The value that it describes.
    pub(in crate::weights) result: Id,
    /// How many bytes of the input it took.
    pub(in crate::weights) consumed: usize,
}

impl<'a> Pickle<'a> {
    /// Runs the pickle that the bytes begin with.
    pub(in crate::weights) fn read(bytes: &'a [u8]) -> Result<Self, Problem> {
        let mut machine = Machine {
            input: Bytes::new(bytes),
            values: Vec::new(),
            stack: Vec::new(),
            marks: Vec::new(),
            memo: Vec::new(),
        };
        let result = machine.run()?;
        Ok(Self { values: machine.values, result, consumed: machine.input.position() })
    }

    /// A value of the arena.
    pub(in crate::weights) fn value(&self, id: Id) -> &Value<'a> {
        &self.values[id.0]
    }

    /// Every storage that the pickle refers to.
    pub(in crate::weights) fn storages(&self) -> impl Iterator<Item = &Storage<'a>> {
        self.values.iter().filter_map(|value| match value {
            Value::Storage(storage) => Some(storage),
            _ => None,
        })
    }
}

struct Machine<'a> {
    input: Bytes<'a>,
    values: Vec<Value<'a>>,
    stack: Vec<Id>,
    marks: Vec<usize>,
    memo: Vec<Option<Id>>,
}

impl<'a> Machine<'a> {
    fn run(&mut self) -> Result<Id, Problem> {
        loop {
            let opcode = Opcode::of(self.input.byte()?).map_err(|name| Problem::Refused(Refused::Opcode(name)))?;
            if opcode == Opcode::Stop {
                return self.pop();
            }
            self.step(opcode)?;
            if self.values.len() > MAX_VALUES {
                return Err(Problem::damaged(FORMAT, format!("its pickle makes more than {MAX_VALUES} values")));
            }
        }
    }

    fn step(&mut self, opcode: Opcode) -> Result<(), Problem> {
        match opcode {
            Opcode::Proto => drop(self.input.byte()?),
            Opcode::Frame => drop(self.input.take(8)?),
            Opcode::Mark => self.marks.push(self.stack.len()),
            Opcode::Pop => drop(self.pop()?),
            Opcode::None => self.push(Value::None),
            Opcode::NewTrue | Opcode::NewFalse => self.push(Value::Bool),
            Opcode::EmptyDict => self.push(Value::Dict(Vec::new())),
            Opcode::EmptyList => self.push(Value::List(Vec::new())),
            Opcode::EmptyTuple => self.push(Value::Tuple(Vec::new())),
            Opcode::Append | Opcode::Appends => self.append(opcode)?,
            Opcode::SetItem | Opcode::SetItems => self.set_items(opcode)?,
            Opcode::Tuple | Opcode::Tuple1 | Opcode::Tuple2 | Opcode::Tuple3 => self.tuple(opcode)?,
            Opcode::BinGet | Opcode::LongBinGet => self.get(opcode)?,
            Opcode::BinPut | Opcode::LongBinPut | Opcode::Memoize => self.put(opcode)?,
            Opcode::Global | Opcode::StackGlobal => self.global(opcode)?,
            Opcode::BinPersId => self.storage()?,
            Opcode::Reduce => self.reduce()?,
            Opcode::Build => drop(self.pop()?),
            Opcode::BinInt
            | Opcode::BinInt1
            | Opcode::BinInt2
            | Opcode::Long1
            | Opcode::Long4
            | Opcode::BinFloat
            | Opcode::BinUnicode
            | Opcode::BinUnicode8
            | Opcode::ShortBinUnicode
            | Opcode::ShortBinString
            | Opcode::BinBytes
            | Opcode::ShortBinBytes => {
                let value = self.input.literal(opcode)?;
                self.push(value);
            }
            Opcode::Stop => {}
        }
        Ok(())
    }

    fn push(&mut self, value: Value<'a>) {
        self.stack.push(Id(self.values.len()));
        self.values.push(value);
    }

    fn pop(&mut self) -> Result<Id, Problem> {
        let floor = self.marks.last().copied().unwrap_or(0);
        if self.stack.len() <= floor {
            return Err(Problem::damaged(FORMAT, "its pickle takes a value from an empty stack"));
        }
        self.stack.pop().ok_or_else(|| Problem::damaged(FORMAT, "its pickle takes a value from an empty stack"))
    }

    /// The values since the last mark.
    fn since_mark(&mut self) -> Result<Vec<Id>, Problem> {
        let mark = self.marks.pop().ok_or_else(|| Problem::damaged(FORMAT, "its pickle has no mark to go back to"))?;
        Ok(self.stack.split_off(mark))
    }

    fn tuple(&mut self, opcode: Opcode) -> Result<(), Problem> {
        let mut items = match opcode {
            Opcode::Tuple1 => vec![self.pop()?],
            Opcode::Tuple2 => vec![self.pop()?, self.pop()?],
            Opcode::Tuple3 => vec![self.pop()?, self.pop()?, self.pop()?],
            _ => self.since_mark()?,
        };
        if opcode != Opcode::Tuple {
            items.reverse();
        }
        self.push(Value::Tuple(items));
        Ok(())
    }

    fn append(&mut self, opcode: Opcode) -> Result<(), Problem> {
        let items = if opcode == Opcode::Append { vec![self.pop()?] } else { self.since_mark()? };
        match self.top()? {
            Value::List(list) => list.extend(items),
            _ => return Err(Problem::damaged(FORMAT, "its pickle appends to something that is not a list")),
        }
        Ok(())
    }

    fn set_items(&mut self, opcode: Opcode) -> Result<(), Problem> {
        let items = if opcode == Opcode::SetItem {
            let value = self.pop()?;
            vec![self.pop()?, value]
        } else {
            self.since_mark()?
        };
        match self.top()? {
            Value::Dict(dict) => dict.extend(items.chunks_exact(2).map(|pair| (pair[0], pair[1]))),
            _ => return Err(Problem::damaged(FORMAT, "its pickle sets items of something that is not a dict")),
        }
        Ok(())
    }

    /// The value on top of the stack.
    fn top(&mut self) -> Result<&mut Value<'a>, Problem> {
        let top = self.pop()?;
        self.stack.push(top);
        Ok(&mut self.values[top.0])
    }

    fn get(&mut self, opcode: Opcode) -> Result<(), Problem> {
        let index = if opcode == Opcode::BinGet { usize::from(self.input.byte()?) } else { self.input.length4()? };
        let id = self.memo.get(index).copied().flatten();
        self.stack.push(id.ok_or_else(|| Problem::damaged(FORMAT, "its pickle recalls what it never memorised"))?);
        Ok(())
    }

    fn put(&mut self, opcode: Opcode) -> Result<(), Problem> {
        let index = match opcode {
            Opcode::BinPut => usize::from(self.input.byte()?),
            Opcode::LongBinPut => self.input.length4()?,
            _ => self.memo.len(),
        };
        if index > self.values.len() + MEMO_SLACK.min(self.input.len()) {
            return Err(Problem::damaged(FORMAT, format!("its pickle memorises at the index {index}")));
        }
        let top = self.pop()?;
        self.stack.push(top);
        if index >= self.memo.len() {
            self.memo.resize(index + 1, None);
        }
        self.memo[index] = Some(top);
        Ok(())
    }

    fn global(&mut self, opcode: Opcode) -> Result<(), Problem> {
        let (module, name) = if opcode == Opcode::Global {
            (self.input.line()?, self.input.line()?)
        } else {
            let name = self.pop()?;
            let module = self.pop()?;
            (self.text(module)?, self.text(name)?)
        };
        let known = Global::of(module, name)
            .ok_or_else(|| Problem::Refused(Refused::Global(format!("{}.{}", shown(module), shown(name)))))?;
        self.push(Value::Global(known));
        Ok(())
    }

    fn text(&self, id: Id) -> Result<&'a str, Problem> {
        match &self.values[id.0] {
            Value::Text(text) => Ok(text),
            _ => Err(Problem::damaged(FORMAT, "its pickle uses something else where a name should be")),
        }
    }

    /// `('storage', class, key, location, length)`, in old files with a view after it.
    fn storage(&mut self) -> Result<(), Problem> {
        let id = self.pop()?;
        let Value::Tuple(items) = &self.values[id.0] else {
            return Err(Problem::damaged(FORMAT, "its pickle refers to a storage by something that is not a tuple"));
        };
        let items: Vec<&Value<'a>> = items.iter().map(|item| &self.values[item.0]).collect();
        let storage = match items[..] {
            [Value::Text("storage"), Value::Global(Global::StorageClass(element)), Value::Text(key), _, _]
            | [
                Value::Text("storage"),
                Value::Global(Global::StorageClass(element)),
                Value::Text(key),
                _,
                _,
                Value::None,
            ] => Storage { element: *element, key },
            _ => {
                return Err(Problem::damaged(FORMAT, "its pickle refers to a storage in a form that is not PyTorch's"));
            }
        };
        self.push(Value::Storage(storage));
        Ok(())
    }

    /// A call of one of the known functions.
    fn reduce(&mut self) -> Result<(), Problem> {
        let arguments = self.pop()?;
        let function = self.pop()?;
        let Value::Global(function) = self.values[function.0] else { return Err(Problem::Refused(Refused::Call)) };
        let Value::Tuple(arguments) = &self.values[arguments.0] else {
            return Err(Problem::damaged(FORMAT, "its pickle calls with something that is not a tuple"));
        };
        match (function, &arguments[..]) {
            (Global::OrderedDict, [pairs]) => {
                let dict = self.dict_of_pairs(*pairs)?;
                self.push(dict);
            }
            (Global::OrderedDict, []) => self.push(Value::Dict(Vec::new())),
            (Global::RebuildTensor, [storage, offset, size, stride, ..]) => {
                let tensor = self.tensor(*storage, *offset, *size, *stride)?;
                self.push(Value::Tensor(Box::new(tensor)));
            }
            (Global::RebuildParameter, [data, ..]) | (Global::Size, [data]) => {
                let data = *data;
                self.stack.push(data);
            }
            (Global::Device, _) => self.push(Value::None),
            _ => return Err(Problem::damaged(FORMAT, "its pickle calls a known function with the wrong arguments")),
        }
        Ok(())
    }

    fn dict_of_pairs(&self, pairs: Id) -> Result<Value<'a>, Problem> {
        let wrong = || Problem::damaged(FORMAT, "its pickle makes an OrderedDict of something that is not pairs");
        let Value::List(pairs) = &self.values[pairs.0] else { return Err(wrong()) };
        let pair = |id: &Id| match &self.values[id.0] {
            Value::Tuple(items) | Value::List(items) => match items[..] {
                [key, value] => Ok((key, value)),
                _ => Err(wrong()),
            },
            _ => Err(wrong()),
        };
        Ok(Value::Dict(pairs.iter().map(pair).collect::<Result<_, _>>()?))
    }

    fn tensor(&self, storage: Id, offset: Id, size: Id, stride: Id) -> Result<Tensor<'a>, Problem> {
        let Value::Storage(storage) = self.values[storage.0] else {
            return Err(Problem::damaged(FORMAT, "its pickle makes a tensor of something that is not a storage"));
        };
        let (shape, strides) = (self.counts(size)?, self.counts(stride)?);
        if shape.len() != strides.len() {
            return Err(Problem::damaged(FORMAT, "its pickle makes a tensor with a stride for every axis but one"));
        }
        Ok(Tensor { storage, offset: self.count(offset)?, shape, strides })
    }

    fn count(&self, id: Id) -> Result<usize, Problem> {
        match self.values[id.0] {
            Value::Int(number) => usize::try_from(number).ok(),
            _ => None,
        }
        .ok_or_else(|| Problem::damaged(FORMAT, "its pickle makes a tensor with a size that is not a count"))
    }

    fn counts(&self, id: Id) -> Result<Vec<usize>, Problem> {
        match &self.values[id.0] {
            Value::Tuple(items) if items.len() <= MAX_AXES => items.iter().map(|item| self.count(*item)).collect(),
            _ => Err(Problem::damaged(FORMAT, "its pickle makes a tensor whose sizes are not a short tuple")),
        }
    }
}

/// No tensor of a network has more axes; it bounds what a shared tuple of sizes can cost when it is copied.
const MAX_AXES: usize = 8;

/// A name as messages show it: short, and without control characters.
fn shown(name: &str) -> String {
    name.chars().take(80).map(|c| if c.is_control() { '?' } else { c }).collect()
}
