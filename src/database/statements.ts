import { Injectable } from '@nestjs/common';
import type { Pool, PoolClient, QueryResult, QueryResultRow } from 'pg';
import { DataSource } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver.js';

/** A statement PostgreSQL parses and plans once a connection, by its name. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

/**
 * Named statements on the pool of TypeORM's own driver: the hot path. `DataSource.query()` cannot name a statement, and
 * an unnamed one costs twice the throughput. Each is its own transaction.
 */
@Injectable()
export class Statements {
  private readonly pool: Pool;

  constructor(dataSource: DataSource) {
    this.pool = (dataSource.driver as PostgresDriver).master as Pool;
  }

  async run<Row extends QueryResultRow>(statement: Statement, values: unknown[]): Promise<Row[]> {
    return (await this.query<Row>(this.pool, statement, values)).rows;
  }

  /**
   * The same, one at a time for each `key`: what the one before wrote is seen by the next. Where an organization is
   * given, no change of its policy is under way meanwhile, and the statement sees the last one.
   */
  async runInTurn<Row extends QueryResultRow>(
    { key, organizationId = null }: { key: string; organizationId?: string | null },
    statement: Statement,
    values: unknown[],
  ): Promise<Row[]> {
    const client = await this.pool.connect();
    // Nobody else hears when the connection breaks, which would end the process; here the statement fails.
    client.on('error', ignore);
    try {
      await client.query('BEGIN');
      await client.query(
        'SELECT pg_advisory_xact_lock(hashtextextended($1, 0)), (SELECT 1 FROM organizations WHERE id = $2 FOR SHARE)',
        [key, organizationId],
      );
      const { rows } = await this.query<Row>(client, statement, values);
      await client.query('COMMIT');
      client.off('error', ignore);
      client.release();
      return rows;
    } catch (error) {
      // The connection ends, and with it the transaction.
      client.release(true);
      throw error;
    }
  }

  protected query<Row extends QueryResultRow>(
    connection: Pool | PoolClient,
    statement: Statement,
    values: unknown[],
  ): Promise<QueryResult<Row>> {
    // What is inherited, pg need not copy.
    return connection.query<Row>(Object.create(statement) as Statement, values);
  }
}

/**
 * Of a command, which runs each once. Nameless: beside the embedded database's server it is a guest in its one session,
 * where the names are taken, and what it named would stay.
 */
export class PassingStatements extends Statements {
  protected override query<Row extends QueryResultRow>(
    connection: Pool | PoolClient,
    { text }: Statement,
    values: unknown[],
  ): Promise<QueryResult<Row>> {
    return connection.query<Row>(text, values);
  }
}

const ignore = () => undefined;
