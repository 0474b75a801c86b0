//! Tests of the scanner: what is well-formed, and where it is not.

use alloc::string::{String, ToString};
use core::fmt::Write as _;

use super::*;

/// Shows the tokens of `text`, then the error if there is one.
#[track_caller]
fn check(text: &str, expected: &str) {
    let mut scanner = Scanner::new(text, 10, 40);
    let mut got = String::new();
    let mut scan = || -> Result<(), ParseError> {
        if let Some((encoding, at)) = scanner.declaration()? {
            write!(got, "{encoding}@{at} ").unwrap();
        }
        loop {
            match scanner.next("")? {
                (_, Token::Eof) => return Ok(()),
                (at, Token::Text) => write!(got, "text@{at} ").unwrap(),
                (at, Token::End(name)) => write!(got, "/{name}@{at} ").unwrap(),
                (at, Token::Start { name, empty }) => {
                    write!(got, "{}@{at}", name.text).unwrap();
                    for Attribute { name, value, .. } in scanner.attributes() {
                        write!(got, " {}={}", name.text, value.text()).unwrap();
                    }
                    got.push_str(if empty { "/ " } else { " " });
                }
            }
        }
    };
    if let Err(error) = scan() {
        got.push_str(&error.to_string());
    }
    assert_eq!(got.trim_end(), expected, "{text:?}");
}

#[test]
fn xml_3_1_tags_and_attributes_in_either_quote() {
    check("<a>x</a >", "a@0 text@3 /a@4");
    check("<a b='1' c = \"2'\"\n\td='\"'/>", "a@0 b=1 c=2' d=\"/");
    check("<a b=''></a>", "a@0 b= /a@8");
    check("<a b='&lt;&#65; \n'/>", "a@0 b=<A  /");
    check(" <a/>\r\n", "a@1/");
    check("<é:a é:b='é'/>", "é:a@0 é:b=é/");
    check("", "");
}

#[test]
fn xml_3_1_what_is_no_tag() {
    for (text, expected) in [
        ("<a b='1'c='2'/>", "expected Attribute at byte 8"),
        ("<a b/>", "expected Attribute at byte 4"),
        ("<a b =1/>", "expected Attribute at byte 6"),
        ("<a ='1'/>", "expected Attribute at byte 3"),
        ("<a b=\"1'/>", "markup incomplete at byte 0"),
        ("<a / >", "expected Attribute at byte 3"),
        ("<a b='<'/>", "expected AttValue at byte 6"),
        ("<a b='&a;'/>", "expected Reference at byte 6"),
        ("<a b='&#0;'/>", "expected Reference at byte 6"),
        ("<a b='' b=''/>", "Attribute repeated at byte 8"),
        ("<a", "markup incomplete at byte 0"),
        ("<a b", "markup incomplete at byte 0"),
        ("<a b=", "markup incomplete at byte 0"),
        ("<a b='", "markup incomplete at byte 0"),
        ("<a/", "markup incomplete at byte 0"),
        ("<", "markup incomplete at byte 0"),
        ("</", "markup incomplete at byte 0"),
        ("</a", "markup incomplete at byte 0"),
        ("</a b>", "expected ETag at byte 4"),
        ("< a>", "expected QName at byte 1"),
        ("<1>", "expected QName at byte 1"),
        ("<a:>", "expected QName at byte 1"),
        ("<!ELEMENT a>", "expected markup at byte 0"),
        ("<!DOCTYPE a>", "DOCTYPE not supported at byte 0"),
    ] {
        check(text, expected);
    }
}

#[test]
fn xml_3_1_names_of_attributes_are_compared_however_many_there_are() {
    let many = |last: &str| {
        let names = ["a", "b", "c", "d", "e", "f", "g", "h", last];
        let attributes: String = names.iter().map(|name| alloc::format!(" {name}=''")).collect();
        alloc::format!("<x{attributes}/>")
    };
    check(&many("i"), "x@0 a= b= c= d= e= f= g= h= i=/");
    check(&many("d"), "Attribute repeated at byte 43");
    check(&many("i").replace("/>", " j='' k=''/>"), "limit max_attributes passed at byte 53");
}

#[test]
fn xml_2_4_character_data() {
    check("<a>&amp;]] &gt;</a>", "a@0 text@3 /a@15");
    check("x ]]> y", "expected CharData at byte 2");
    check("a & b", "expected Reference at byte 2");
    check("a &unknown; b", "expected Reference at byte 2");
    check("<a><![CDATA[ <&]] ]]></a>", "a@0 text@3 /a@21");
    check("<![CDATA[", "CDSect incomplete at byte 9");
    check("<![cdata[]]>", "expected markup at byte 0");
}

#[test]
fn xml_2_5_and_2_6_comments_and_instructions_are_passed_over() {
    check("<!-- <a> & -x- --><?pi <a> & ?><?p?><a/>", "a@36/");
    check("<!-- -- -->", "expected Comment at byte 5");
    check("<!-- --->", "expected Comment at byte 5");
    check("<!-->", "Comment incomplete at byte 5");
    check("<!--", "Comment incomplete at byte 4");
    check("<?pi", "expected PI at byte 4");
    check("<?pi x", "PI incomplete at byte 6");
    check("<?pi/?>", "expected PI at byte 4");
    check("<? pi?>", "expected PITarget at byte 2");
    check("<?a:b:c ?>", "expected PITarget at byte 5");
    check(" <?xml version='1.0'?>", "expected PITarget at byte 1");
    check("<?XML x?>", "expected PITarget at byte 0");
}

#[test]
fn xml_2_8_the_declaration_names_the_encoding() {
    check("<?xml version='1.0'?><a/>", "a@21/");
    check("<?xml version = \"1.1\"  encoding='UTF-8' ?><a/>", "UTF-8@23 a@42/");
    check("<?xml version='1.0' standalone='yes'?>", "");
    check("<?xml-stylesheet x?><a/>", "a@20/");
    for (text, at) in [
        ("<?xml?>", 0),
        ("<?xml ?>", 0),
        ("<?xml encoding='UTF-8'?>", 0),
        ("<?xml version='2.0'?>", 0),
        ("<?xml version='1.0' standalone='maybe'?>", 20),
        ("<?xml version='1.0' standalone='no' encoding='UTF-8'?>", 20),
        ("<?xml version='1.0' /?>", 20),
        ("<?xml version='1.0' x=''?>", 20),
    ] {
        let rule = if text == "<?xml?>" { "PITarget" } else { "XMLDecl" };
        check(text, &alloc::format!("expected {rule} at byte {at}"));
    }
    check("<?xml version='1.0'", "XMLDecl incomplete at byte 19");
}

#[test]
fn limits_name_the_field() {
    check("<a b='12345678901234567890123456789012345678901'/>", "limit max_text passed at byte 6");
}
