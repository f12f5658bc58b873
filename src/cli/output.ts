export interface OutputOptions {
  readonly json?: true;
}

/** Rows as a table for people, or as JSON for programs. Times are ISO 8601 in UTC. */
export function printRows(rows: readonly Record<string, unknown>[], { json }: OutputOptions, empty: string): void {
  if (json) return void process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
  if (rows.length === 0) return void process.stdout.write(`${empty}\n`);
  const columns = Object.keys(rows[0]!);
  const lines = [columns, ...rows.map((row) => columns.map((column) => textOf(row[column])))];
  const widths = columns.map((_, index) => Math.max(...lines.map((line) => line[index]!.length)));
  for (const line of lines)
    process.stdout.write(
      `${line
        .map((text, index) => text.padEnd(widths[index]!))
        .join('  ')
        .trimEnd()}\n`,
    );
}

export function say(sentence: string): void {
  process.stdout.write(`${sentence}\n`);
}

/** One line, and nothing a terminal acts upon. */
function textOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  const text = value instanceof Date ? value.toISOString() : String(value);
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, ' ');
}
