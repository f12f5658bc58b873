import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Clock } from '../config/clock.js';
import { StoredResources } from '../database/repositories/stored-resources.repository.js';
import type { Scope } from '../oauth/scope.js';
import { hashSecret, newSecret } from '../oauth/secret.js';

const PREFIX = 'rs-';

/** What the server of a resource authenticates with, told once. */
export interface ResourceServerCredentials {
  readonly serverId: string;
  readonly secret: string;
}

/** Resources an operator declares. */
@Injectable()
export class DeclaredResources {
  constructor(
    private readonly stored: StoredResources,
    private readonly clock: Clock,
  ) {}

  /** `uri` in canonical form; `by`: the operator who does. Undefined when it is declared already. */
  async declare(
    resource: { uri: string; name: string; scopes: Scope[] },
    by?: string,
  ): Promise<ResourceServerCredentials | undefined> {
    const serverId = PREFIX + randomBytes(16).toString('base64url');
    const secret = newSecret();
    const row = { ...resource, serverId, secretHash: hashSecret(secret) };
    const added = await this.stored.add(row, this.clock.now(), by);
    return added ? { serverId, secret } : undefined;
  }

  /** A new secret; the old one is dead within a second. Undefined when there is no such resource. */
  async rotateSecret(uri: string, by?: string): Promise<string | undefined> {
    const secret = newSecret();
    const changed = await this.stored.change(uri, { secretHash: hashSecret(secret) }, this.clock.now(), by);
    return changed ? secret : undefined;
  }
}
