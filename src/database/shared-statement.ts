import { setTimeout as wait } from 'node:timers/promises';
import { isDatabaseUnavailable } from './database-error.js';
import type { Statement, Statements } from './statements.js';

/**
 * A statement that does for many what it does for one. `$1`: what each asks, an object of JSON with its place `n`,
 * which the rows carry too. `together` passes over rows that are locked, so it never waits and never holds up others;
 * `alone` waits.
 */
export interface SharedStatement {
  readonly together: Statement;
  readonly alone: Statement;
}

/** What a statement is asked, by its own names. Absent: NULL. */
type Asked = Readonly<Record<string, string | number | Date | Buffer | readonly string[] | null | undefined>>;

interface Asking<Row> {
  readonly asked: Asked;
  readonly resolve: (row: Row | undefined | PromiseLike<Row | undefined>) => void;
  readonly reject: (error: Error) => void;
}

/** How many statements are under way at once; what is asked meanwhile shares the next. By measurement. */
const UNDER_WAY = 2;
/** How many share one at most. */
const MOST = 64;
/** What takes longer than this does not come back soon, and nobody else waits for it. */
const SLOW_MS = 1_000;

/**
 * Those who ask at the same time share a statement, a round trip and a commit, which cost more than what they ask for.
 * What came to no row then is asked once more, alone: whether it waits for somebody, or fails, is nobody else's
 * concern.
 */
export class Sharing<Row extends object> {
  private asking: Asking<Row>[] = [];
  private underWay = 0;
  private begins = false;

  constructor(
    private readonly statements: Statements,
    private readonly statement: SharedStatement,
  ) {}

  /** Its row; undefined when there is none. */
  ask(asked: Asked): Promise<Row | undefined> {
    return new Promise((resolve, reject) => {
      this.asking.push({ asked, resolve, reject });
      this.begin();
    });
  }

  /** When all that has come with it has been read. */
  private begin(): void {
    if (this.begins || this.underWay === UNDER_WAY || this.asking.length === 0) return;
    this.begins = true;
    setImmediate(() => {
      this.begins = false;
      this.underWay++;
      const slow = wait(SLOW_MS, undefined, { ref: false });
      void Promise.race([this.together(this.asking.splice(0, MOST)), slow]).finally(() => {
        this.underWay--;
        this.begin();
      });
      this.begin();
    });
  }

  private async together(asking: readonly Asking<Row>[]): Promise<void> {
    const found = new Map<number, Row>();
    try {
      const all = asking.map(({ asked }) => asked);
      for (const row of await this.run(this.statement.together, all)) found.set(row.n, row);
    } catch (error) {
      if (isDatabaseUnavailable(error)) return asking.forEach(({ reject }) => reject(error as Error));
    }
    for (const [n, { asked, resolve }] of asking.entries()) resolve(found.get(n) ?? this.alone(asked));
  }

  private async alone(asked: Asked): Promise<Row | undefined> {
    const [row] = await this.run(this.statement.alone, [asked]);
    return row;
  }

  private run(statement: Statement, all: readonly Asked[]): Promise<(Row & { n: number })[]> {
    return this.statements.run(statement, [JSON.stringify(all.map((asked, n) => ({ ...written(asked), n })))]);
  }
}

/** As PostgreSQL reads it in JSON. */
function written(asked: Asked): Record<string, unknown> {
  const members: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(asked))
    members[name] = Buffer.isBuffer(value) ? `\\x${value.toString('hex')}` : value;
  return members;
}
