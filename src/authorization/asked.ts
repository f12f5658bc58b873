import type { Client } from '../clients/clients.service.js';
import type { OwnOrganization } from '../database/repositories/organizations.repository.js';
import type { ProtectedResource } from '../oauth/resource.js';
import type { Answering } from './steps.js';

/** A request in the hands of somebody who chose an organization: all that an answer needs. */
export interface Asked extends Answering {
  readonly client: Client;
  readonly organization: OwnOrganization;
  readonly resource: ProtectedResource;
}
