use super::super::error::{Problem, Refused};
use super::*;

fn refusal(pickle: &[u8]) -> Refused {
    match Pickle::read(pickle) {
        Err(Problem::Refused(refused)) => refused,
        Err(other) => panic!("refused for another reason: {other}"),
        Ok(_) => panic!("not refused"),
    }
}

#[test]
fn the_shell_is_refused_by_name() {
    let pickle = b"\x80\x02cos\nsystem\nX\x02\x00\x00\x00id\x85R.";
    assert_eq!(refusal(pickle), Refused::Global("os.system".to_owned()));
    let pickle = b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x02id\x85R.";
    assert_eq!(refusal(pickle), Refused::Global("posix.system".to_owned()));
}

#[test]
fn eval_and_getattr_are_refused_by_name() {
    for (module, name) in [("builtins", "eval"), ("builtins", "getattr"), ("__builtin__", "exec"), ("torch", "load")] {
        let pickle = format!("\u{2}c{module}\n{name}\n.");
        let pickle = [&[0x80], pickle.as_bytes()].concat();
        assert_eq!(refusal(&pickle), Refused::Global(format!("{module}.{name}")));
    }
}

#[test]
fn opcodes_that_build_objects_are_refused_by_name() {
    assert_eq!(refusal(b"(S'id'\nios\nsystem\n."), Refused::Opcode("STRING"));
    assert_eq!(refusal(b"(ios\nsystem\n."), Refused::Opcode("INST"));
    assert_eq!(refusal(b"\x80\x02ccollections\nOrderedDict\n)\x81."), Refused::Opcode("NEWOBJ"));
    assert_eq!(refusal(b"\x80\x02(ccollections\nOrderedDict\no."), Refused::Opcode("OBJ"));
    assert_eq!(refusal(b"\x80\x02\x82\x01."), Refused::Opcode("EXT1"));
    assert_eq!(refusal(b"\x80\x05\x97."), Refused::Opcode("NEXT_BUFFER"));
}

#[test]
fn calling_what_is_no_function_is_refused() {
    assert_eq!(refusal(b"\x80\x02}\x85)R."), Refused::Call);
}

#[test]
fn a_name_in_a_refusal_is_short_and_printable() {
    let pickle = [b"\x80\x02cos\x1b[31m\n".as_slice(), &[b'x'; 500], b"\n."].concat();
    let Refused::Global(name) = refusal(&pickle) else { panic!("a global") };
    assert!(name.starts_with("os?[31m.xxx") && name.len() < 100, "{name}");
}

#[test]
fn a_value_shared_a_thousand_times_over_costs_nothing() {
    let mut pickle = b"\x80\x02]q\x00".to_vec();
    for _ in 0..1000 {
        pickle.extend(b"h\x00h\x00h\x00h\x00\x87q\x00\x86q\x00");
    }
    pickle.push(b'.');
    assert!(Pickle::read(&pickle).is_ok());
}

#[test]
fn lengths_beyond_the_end_are_errors() {
    for pickle in [
        b"\x80\x02X\xff\xff\xff\xff.".as_slice(),
        b"\x80\x02\x8b\xff\xff\xff\x7f.",
        b"\x80\x02\x8d\xff\xff\xff\xff\xff\xff\xff\xff.",
        b"\x80\x02]r\xff\xff\xff\xff.",
        b"\x80\x02j\x01\x00\x00\x00.",
        b"t.",
        b".",
        b"",
    ] {
        assert!(matches!(Pickle::read(pickle), Err(Problem::Damaged { .. })), "{pickle:?}");
    }
}
