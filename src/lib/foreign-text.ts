/** Escape sequences of terminals (ECMA-48), also those that set titles or write to the clipboard. */
const ESCAPES =
  /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]|(?:\u001b[\]PX^_]|[\u009d\u0090\u0098\u009e\u009f])[^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)?|\u001b[ -/]*[0-~]/g;
/** Controls but tab and newline, and what turns the direction of text around. */
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** What others wrote (a build, a registry, a file), without anything that a terminal would act on. */
export function plainText(text: string): string {
  return text.replace(/\r\n?/g, '\n').replace(ESCAPES, '').replace(CONTROLS, '');
}

/**
 * The same for the log of a GitHub runner, which takes `::command::` at the beginning of a line, also after blanks,
 * and `##[command]` anywhere for its own.
 * @see https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs
 */
export function inertLog(text: string): string {
  return plainText(text)
    .replaceAll('##[', '## [')
    .replace(/^(\s*)(?=::)/gm, '$1> ');
}
