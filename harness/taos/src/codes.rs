//! Error codes and their texts. Source: `taoserror.h` and `terror.c` of 2.1.1.0, 2.6.0.65 and 3.3.0.1, and what
//! servers of these versions were heard to say.

use crate::Generation;

struct Code {
    low: u16,
    v2: &'static str,
    v3: &'static str,
}

const fn both(low: u16, text: &'static str) -> Code {
    Code { low, v2: text, v3: text }
}

const fn v2(low: u16, text: &'static str) -> Code {
    Code { low, v2: text, v3: "" }
}

const fn v3(low: u16, text: &'static str) -> Code {
    Code { low, v2: "", v3: text }
}

const fn differ(low: u16, v2: &'static str, v3: &'static str) -> Code {
    Code { low, v2, v3 }
}

// A text that two codes share is looked up as the first of them.
const CODES: &[Code] = &[
    v2(0x0004, "Redirect"),
    v2(0x0005, "System not ready"),
    v2(0x0009, "Processing of request timed out"),
    both(0x000b, "Unable to establish connection"),
    v2(0x0014, "Database not ready"),
    both(0x0015, "Unable to resolve FQDN"),
    v3(0x0018, "Conn is broken"),
    v3(0x0019, "Conn read timeout"),
    v3(0x0020, "some vnode/qnode/mnode(s) out of service"),
    v3(0x0100, "Operation not supported"),
    v3(0x0111, "Action in progress"),
    v3(0x0125, "Config not found"),
    v3(0x0130, "Database is starting up"),
    v3(0x0131, "Database is closing down"),
    v2(0x0200, "Invalid Operation"),
    v3(0x0206, "Invalid host name"),
    v2(0x0216, "Syntax error in SQL"),
    v2(0x0217, "Database not specified or available"),
    v2(0x0218, "Table does not exist"),
    v2(0x0301, "Message is progressing"),
    v2(0x0306, "Incompatible protocol version"),
    v2(0x0323, "Object not there"),
    differ(0x0330, "DNode already exists", "Dnode already exists"),
    differ(0x0331, "DNode does not exist", "Dnode does not exist"),
    differ(0x0333, "Master DNode cannot be removed", "Cannot drop mnode which is leader"),
    differ(0x0334, "Out of DNodes", "Out of dnodes"),
    v3(0x0303, "Insufficient privilege for operation"),
    v3(0x0332, "Vgroup does not exist"),
    both(0x0335, "Cluster cfg inconsistent"),
    v2(0x033a, "Dnode not avaliable"),
    differ(0x033b, "Cluster id not match", "Cluster id not match"),
    v2(0x033c, "Cluster not ready"),
    both(0x0357, "Authentication failure"),
    v3(0x0350, "User already exists"),
    v3(0x0351, "Invalid user"),
    differ(0x0360, "Table already exists", "STable already exists"),
    differ(0x0362, "Table does not exist", "STable not exist"),
    v3(0x0369, "Tag already exists"),
    v3(0x036a, "Tag does not exist"),
    v3(0x036b, "Column already exists"),
    v3(0x036c, "Column does not exist"),
    both(0x0380, "Database not specified or available"),
    v2(0x0381, "Database already exists"),
    v3(0x0381, "Database already exists"),
    v3(0x0382, "Invalid database options"),
    v2(0x0383, "Invalid database name"),
    v2(0x0386, "Database not available"),
    v2(0x0387, "Database unsynced"),
    v3(0x0388, "Database not exist"),
    v3(0x038a, "Database options not changed"),
    v3(0x039a, "Invalid system table name"),
    v3(0x03a0, "Mnode already exists"),
    v3(0x03a1, "Mnode not there"),
    v3(0x03a8, "The replica of mnode cannot less than 1"),
    v3(0x03a9, "The replica of mnode cannot exceed 3"),
    v3(0x03b5, "Vgroup distribution has not changed"),
    v3(0x03b6, "Offline dnode exists"),
    v3(0x03b8, "Dnode in creating status"),
    v3(0x03b9, "Dnode in dropping status"),
    v3(0x03ba, "Vnodes exhausted"),
    v3(0x03d1, "Transaction not exists"),
    v3(0x03d2, "Invalid stage to kill"),
    v3(0x03d3, "Conflict transaction not completed"),
    v3(0x0408, "Dnode is offline"),
    v3(0x0416, "Please use this command when the dnode is offline"),
    differ(0x0503, "Invalid Vgroup ID", "Vnode is closed or removed"),
    v2(0x050d, "Database is dropping"),
    v2(0x050e, "Database is balancing"),
    v2(0x0511, "Database suspended"),
    v2(0x0512, "Database write operation denied"),
    v2(0x0513, "Database is syncing"),
    v3(0x0529, "Vnode stopped"),
    v3(
        0x0535,
        "Single replica vnode data will lost permanently after this operation, if you make sure this, please use drop \
         dnode <id> unsafe to execute",
    ),
    v3(0x0603, "Table already exists"),
    both(0x060b, "Timestamp data out of range"),
    v3(0x0618, "Table not exists"),
    v3(0x0903, "Sync timeout"),
    v3(0x090c, "Sync leader is unreachable"),
    v3(0x0911, "Sync not ready to propose"),
    v3(0x0914, "Sync leader is restoring"),
    v2(0x1105, "no auth info input"),
    v3(0x2601, "Incomplete SQL statement"),
    v3(0x2603, "Table does not exist"),
    v3(0x260a, "Not a GROUP BY expression"),
    v3(0x260c, "Not a single-group group function"),
    v3(0x260d, "Tags number not matched"),
    v3(0x2612, "Port should be an integer that is less than 65535 and greater than 0"),
    v3(0x2613, "Endpoint should be in the format of 'fqdn:port'"),
    v3(0x2616, "Database not specified"),
    v3(0x263c, "Duplicated column names"),
    v3(0x263f, "Illegal number of columns"),
    v3(0x2641, "First column must be timestamp"),
    v3(0x2642, "Invalid varbinary/binary/nchar column/tag length"),
    v3(0x2644, "Permission denied or target object not exist"),
    v3(0x264a, "Primary timestamp column cannot be dropped"),
    v3(0x2656, "The REDISTRIBUTE VGROUP statement only support 1 to 3 dnodes"),
];

// Errors whose text goes on with details.
const PREFIXES: &[Code] = &[
    // What the client finds in an insert, in all versions.
    v3(0x0216, "syntax error near '"),
    differ(0x0216, "syntax error near ", ""),
    differ(0x2600, "", "syntax error near "),
    // What the parser says of a `show` that needs a database when there is none.
    v3(0x2600, "database not specified"),
    v3(0x2602, "Invalid column name: "),
    v3(0x2603, "Table does not exist: "),
    v3(0x260e, "Invalid tag name: "),
    v3(0x2617, "Invalid identifier name: "),
    v3(0x2619, "Invalid option "),
    v3(0x264d, "Invalid function name: "),
    v3(0x2653, "Value too long for column/tag: "),
    v3(0x2662, "Fail to get table info, error: "),
    // 2.6 appends the name without a space.
    both(0x0015, "Unable to resolve FQDN"),
    v2(0x0200, "invalid operation: "),
];

/// The whole code of the low 16 bits that REST and the sources give: the top bit says "error".
pub fn name_code(low: u16) -> i32 {
    i32::from_ne_bytes((0x8000_0000 | u32::from(low)).to_ne_bytes())
}

fn texts(code: &Code, generation: Generation) -> &'static str {
    if generation == Generation::V3 { code.v3 } else { code.v2 }
}

/// The code of an error text as a server of this generation prints it; `None` if it is not in the table.
pub fn code_of(generation: Generation, text: &str) -> Option<i32> {
    let text = text.trim();
    let exact = |code: &&Code| !texts(code, generation).is_empty() && texts(code, generation) == text;
    let prefix = |code: &&Code| !texts(code, generation).is_empty() && text.starts_with(texts(code, generation));
    CODES.iter().find(exact).or_else(|| PREFIXES.iter().find(prefix)).map(|code| name_code(code.low))
}

/// The text that a server of this generation prints for a code; `None` if it is not in the table, or if the text
/// has details that only the server knows.
pub fn text_of(generation: Generation, code: i32) -> Option<&'static str> {
    let found = CODES.iter().find(|known| name_code(known.low) == code && !texts(known, generation).is_empty());
    found.map(|known| texts(known, generation))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::Generation::{V2, V3};

    #[rstest]
    #[case(V2, "Unable to resolve FQDN", 0x0015)]
    #[case(V2, "Unable to resolve FQDN\"tdengine-1.taosd.default.svc.cluster.local\"", 0x0015)]
    #[case(V2, "DNode does not exist", 0x0331)]
    #[case(V2, "syntax error near \"bogus\"", 0x0216)]
    #[case(V2, "Out of DNodes", 0x0334)]
    #[case(V3, "Out of dnodes", 0x0334)]
    #[case(V3, "Fail to get table info, error: Sync leader is unreachable", 0x2662)]
    #[case(V3, "syntax error near \"bogus sql\"", 0x2600)]
    #[case(V3, "syntax error near 'abc)' (invalid data or symbol)", 0x0216)]
    #[case(V3, "database not specified", 0x2600)]
    #[case(V3, "Table does not exist: t1", 0x2603)]
    fn a_text_has_a_code(#[case] generation: Generation, #[case] text: &str, #[case] low: u16) {
        assert_eq!(code_of(generation, text), Some(name_code(low)));
    }

    #[test]
    fn codes_have_texts_and_strangers_have_none() {
        assert_eq!(text_of(V2, name_code(0x0333)), Some("Master DNode cannot be removed"));
        assert_eq!(text_of(V3, name_code(0x0333)), Some("Cannot drop mnode which is leader"));
        assert_eq!(text_of(V2, 5), None);
        assert_eq!(code_of(V2, "it is raining"), None);
        assert_eq!(code_of(V3, "DNode does not exist"), None, "a 2.x text is not a 3.x text");
    }

    #[test]
    fn a_text_leads_back_to_itself() {
        for code in CODES {
            for generation in [V2, V3] {
                let text = texts(code, generation);
                if !text.is_empty() {
                    let found = code_of(generation, text).unwrap();
                    assert_eq!(text_of(generation, found), Some(text));
                }
            }
        }
    }
}
