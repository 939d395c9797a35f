use jiff::Timestamp;
use seatrial_sim::{Dice, ExecIo, ExitStatus};
use tokio::time::Instant;

use super::{
    Connector, Files, Session, ShellDialect, TableStyle,
    arguments::{Arguments, Stop, parse},
    csv,
    dialect::fill,
    horizontal,
    input::{Input, Typed},
    output::Output,
    startup,
    statements::{self, Own, Redirected},
    status, vertical,
};
use crate::{Answer, Rows};

/// What the shell finds where it runs.
pub struct Shell<'a> {
    /// The generation's texts.
    pub dialect: &'a ShellDialect,
    /// The client's version, say `2.1.1.0`.
    pub version: &'a str,
    /// How it reaches servers.
    pub connector: &'a dyn Connector,
    /// The files that it can read and write.
    pub files: &'a dyn Files,
    /// The wall clock, for log lines.
    pub now: &'a (dyn Fn() -> Timestamp + Send + Sync),
    /// Chance, for the microseconds that statements take.
    pub dice: Dice,
    /// Host of the configuration's `firstEp`.
    pub first_host: &'a str,
    /// Port of the configuration's `firstEp`.
    pub first_port: u16,
    /// `maxBinaryDisplayWidth` of the configuration; 30 unless it is set.
    pub text_width: usize,
}

/// Runs `taos` with the arguments and streams of `io`. `io.argv[0]` is the program's name.
pub async fn run(io: ExecIo, shell: Shell<'_>) -> ExitStatus {
    let ExecIo { argv, tty, stdin, stdout, stderr } = io;
    let mut output = Output::new(stdout, stderr, tty);
    let program = argv.first().map_or("taos", String::as_str).to_owned();
    let status = match parse(shell.dialect.dialect, argv.get(1..).unwrap_or_default()) {
        Ok(arguments) => {
            let input = stdin.map(Input::new);
            let style = TableStyle {
                text_width: arguments.width.unwrap_or(shell.text_width),
                raw_time: arguments.raw_time,
                most_rows: None,
                csv_unsigned: shell.dialect.csv_unsigned,
                dialect: shell.dialect.dialect,
            };
            Program { shell, output: &mut output, style, interactive: false }.run(arguments, input, tty).await
        }
        Err(stop) => stopped(stop, &program, &shell, &mut output).await,
    };
    output.close().await;
    status
}

async fn stopped(stop: Stop, program: &str, shell: &Shell<'_>, output: &mut Output) -> ExitStatus {
    match stop {
        Stop::Help => output.out(shell.dialect.help).await,
        Stop::Usage => output.out("Usage: taos [OPTION...]\n").await,
        Stop::Version => output.out(&fill(shell.dialect.version, &[shell.version])).await,
        Stop::Wrong(what) if shell.dialect.dialect.is_v3() => {
            output.out(&format!("{what}\r\n")).await;
            return ExitStatus::code(255);
        }
        Stop::Wrong(what) => {
            output
                .err(&format!("{program}: {what}\nTry `taos --help' or `taos --usage' for more information.\n"))
                .await;
            return ExitStatus::code(64);
        }
    }
    ExitStatus::SUCCESS
}

struct Program<'a, 'o> {
    shell: Shell<'a>,
    output: &'o mut Output,
    style: TableStyle,
    interactive: bool,
}

impl Program<'_, '_> {
    async fn run(mut self, mut arguments: Arguments, mut input: Option<Input>, tty: bool) -> ExitStatus {
        if arguments.check || arguments.startup {
            let place = (arguments.login.host.as_deref(), arguments.login.port);
            status::check(self.output, self.shell.connector, place, arguments.startup).await;
            return ExitStatus::SUCCESS;
        }
        if let Some(role) = &arguments.net_role {
            // The other roles measure the network and have no server to talk to here.
            if role == "startup" && !self.shell.dialect.dialect.is_v3() {
                let host = (arguments.login.host.as_deref(), self.shell.first_host);
                let port = (arguments.login.port, self.shell.first_port);
                startup::check(self.output, self.shell.connector, self.shell.now, host, port).await;
            }
            return ExitStatus::SUCCESS;
        }
        self.output.out(&fill(self.shell.dialect.banner, &[self.shell.version])).await;
        self.output.flush().await;
        if arguments.ask_password {
            self.output.err("Enter password: ").await;
            if let Some(input) = &mut input {
                arguments.login.password = input.line(self.output, false).await.unwrap_or_default();
            }
        }
        let mut session = match self.shell.connector.connect(&arguments.login).await {
            Ok(session) => session,
            Err(error) => {
                self.output.out(&fill(self.shell.dialect.connect_failed, &[&error.text])).await;
                return ExitStatus::code(self.shell.dialect.connect_failed_exit);
            }
        };
        if arguments.commands.is_some() || arguments.file.is_some() {
            if let Some(commands) = &arguments.commands {
                let dialect = self.shell.dialect;
                self.output.out(&format!("{}{commands}{}", dialect.prompt, dialect.end())).await;
                self.line(session.as_mut(), commands).await;
            }
            if let Some(file) = &arguments.file {
                self.source(session.as_mut(), file).await;
            }
            return ExitStatus::SUCCESS;
        }
        let Some(mut input) = input.filter(|_| tty) else {
            self.output.err("Fail to set terminal properties!\n").await;
            return ExitStatus::code(1);
        };
        self.interactive = true;
        self.output.out(&fill(self.shell.dialect.greeting, &[self.shell.version])).await;
        loop {
            let dialect = self.shell.dialect;
            match input.statement(self.output, dialect.prompt, dialect.more_prompt).await {
                Typed::Line(line) if self.line(session.as_mut(), &line).await => {}
                Typed::Line(_) | Typed::End => return ExitStatus::SUCCESS,
            }
        }
    }

    /// Runs the statements of a line; false after `quit`.
    async fn line(&mut self, session: &mut dyn Session, line: &str) -> bool {
        for statement in statements::statements(self.shell.dialect.dialect, line) {
            match statements::own(self.shell.dialect.dialect, &statement) {
                None => self.statement(session, &statement).await,
                Some(Own::Quit) => return false,
                Some(Own::Clear) => self.output.out("\u{1b}[H\u{1b}[2J\u{1b}[3J").await,
                Some(Own::TextWidth(width)) => self.style.text_width = width,
                Some(Own::Source(file)) => self.source(session, &file).await,
            }
        }
        true
    }

    /// Runs the lines of a file. A line that ends with a backslash goes on in the next; `#` begins a comment.
    async fn source(&mut self, session: &mut dyn Session, file: &str) {
        let Some(bytes) = self.shell.files.read(file) else {
            let v3 = || format!("failed to open file {file}\r\n");
            let text = self.shell.dialect.dialect.either(|| format!("ERROR: failed to open file {file}\n"), v3);
            self.output.err(&text).await;
            return;
        };
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let mut command = String::new();
        for line in text.lines() {
            if line.is_empty() || line.trim_start().starts_with('#') {
                continue;
            }
            if let Some(begun) = line.strip_suffix('\\') {
                command.push_str(begun);
                command.push(' ');
                continue;
            }
            command.push_str(line);
            let dialect = self.shell.dialect;
            self.output.out(&format!("{}{command}{}", dialect.prompt, dialect.end())).await;
            let command = std::mem::take(&mut command);
            // A file may name itself: only statements for the server and widths are run from files.
            for statement in statements::statements(dialect.dialect, &command) {
                match statements::own(dialect.dialect, &statement) {
                    None => self.statement(session, &statement).await,
                    Some(Own::TextWidth(width)) => self.style.text_width = width,
                    Some(Own::Quit) => return,
                    Some(Own::Clear | Own::Source(_)) => {}
                }
            }
        }
    }

    async fn statement(&mut self, session: &mut dyn Session, statement: &str) {
        let dialect = self.shell.dialect;
        let Redirected { sql, file, vertical } = statements::redirected(dialect.dialect, statement);
        let started = Instant::now();
        let answer = session.execute(&sql).await;
        let seconds = self.seconds_since(started);
        match answer {
            Err(error) => self.output.err(&fill(dialect.error, &[&error.text, &seconds])).await,
            Ok(_) if statements::is_use(&sql) => {
                self.output.out(dialect.database_changed).await;
                self.output.flush().await;
            }
            Ok(Answer::Rows(rows)) => {
                if self.table(&sql, &rows, file.as_deref(), vertical).await {
                    let count = rows.rows.len().to_string();
                    self.output.out(&fill(dialect.rows, &[&count, &seconds])).await;
                }
            }
            Ok(Answer::Affected(count)) => self.output.out(&dialect.affected_line(&sql, count, &seconds)).await,
            Ok(Answer::Done | Answer::Use(_)) => self.output.out(&dialect.affected_line(&sql, 0, &seconds)).await,
        }
    }

    /// Prints a table, or writes it to a file; false if the file cannot be written.
    async fn table(&mut self, sql: &str, rows: &Rows, file: Option<&str>, upright: bool) -> bool {
        if let Some(file) = file {
            if !rows.rows.is_empty() && !self.shell.files.write(file, csv(rows, self.style).into_bytes()) {
                let v3 = || format!("failed to open file: {file}\r\n");
                let text = self.style.dialect.either(|| format!("ERROR: failed to open file: {file}\n"), v3);
                self.output.err(&text).await;
                return false;
            }
            return true;
        }
        let lower = sql.to_lowercase();
        let cut = if self.style.dialect.is_v3() {
            !["limit ", "describe ", "show "].iter().any(|word| lower.contains(word))
        } else {
            lower.trim_start().starts_with("select") && !lower.contains("limit")
        };
        let whole = self.interactive && cut;
        let style = TableStyle { most_rows: whole.then_some(100), ..self.style };
        let text = if upright { vertical(rows, style) } else { horizontal(rows, style) };
        self.output.out(&text).await;
        true
    }

    /// The time that a statement took. The simulated clock counts milliseconds; chance adds what is below.
    fn seconds_since(&mut self, started: Instant) -> String {
        let micros = started.elapsed().as_micros() + u128::from(self.shell.dice.between(180, 2_900));
        format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000)
    }
}
