import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Clock } from '../config/clock.js';
import { Config } from '../config/config.js';
import { StoredResources } from '../database/repositories/stored-resources.repository.js';
import type { Scope } from '../oauth/scope.js';
import { hashSecret, newSecret } from '../oauth/secret.js';

import { catalogueOf, draftOf, type ScopeDraft, type ScopeFault } from './declaration.js';

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
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  /**
   * `uri` in canonical form; `by`: the operator who does. `own`: it is this server's own endpoint, which needs no
   * declaration.
   */
  async declare(
    resource: { uri: string; name: string; scopes: Scope[] },
    by?: string,
  ): Promise<ResourceServerCredentials | 'own' | 'declared before'> {
    if (resource.uri === this.config.resource) return 'own';
    const serverId = PREFIX + randomBytes(16).toString('base64url');
    const secret = newSecret();
    const row = { ...resource, serverId, secretHash: hashSecret(secret) };
    const added = await this.stored.add(row, this.clock.now(), by);
    return added ? { serverId, secret } : 'declared before';
  }

  /** Changes its catalogue as it is at that moment: what is wrong with that, or whether there is such a resource. */
  async changeScopes(
    uri: string,
    change: (drafts: readonly ScopeDraft[]) => readonly ScopeDraft[],
    by: string,
  ): Promise<ScopeFault | boolean> {
    let fault: ScopeFault | undefined;
    const changed = await this.stored.change(
      uri,
      ({ scopes }) => {
        const catalogue = catalogueOf(change(scopes.map(draftOf)));
        if (!('rule' in catalogue)) return { scopes: catalogue };
        fault = catalogue;
        return undefined;
      },
      this.clock.now(),
      by,
    );
    return fault ?? changed;
  }

  /** A new secret; the old one is dead within a second. Undefined when there is no such resource. */
  async rotateSecret(uri: string, by?: string): Promise<string | undefined> {
    const secret = newSecret();
    const changed = await this.stored.change(uri, { secretHash: hashSecret(secret) }, this.clock.now(), by);
    return changed ? secret : undefined;
  }
}
