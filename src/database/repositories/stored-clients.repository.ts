import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Client } from '../entities/client.entity.js';

@Injectable()
export class StoredClients {
  constructor(private readonly dataSource: DataSource) {}

  /** A client somebody approved once, by the SHA-256 of its `client_id`. */
  async find(digest: Buffer): Promise<Client | null> {
    return this.dataSource.manager.findOneBy(Client, { digest });
  }
}
