import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver.js';

/** What rate-limiter-flexible needs to count in PostgreSQL: the pool and the table the migrations made. */
@Injectable()
export class RateLimitStore {
  readonly options: {
    storeClient: unknown;
    storeType: string;
    tableName: string;
    tableCreated: true;
    clearExpiredByTimeout: false;
  };

  constructor(dataSource: DataSource) {
    this.options = {
      storeClient: (dataSource.driver as PostgresDriver).master,
      storeType: 'pool',
      tableName: 'rate_limits',
      tableCreated: true,
      // They are swept with the rest.
      clearExpiredByTimeout: false,
    };
  }
}
