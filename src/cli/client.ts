import { Command, Option } from 'commander';
import { isTrustworthy, registrationFault } from '../clients/registered-clients.js';
import type { NewClient } from '../database/repositories/stored-clients.repository.js';
import type { Client } from '../database/entities/client.entity.js';
import { CLIENT_AUTH_METHODS, type ClientAuthMethod } from '../oauth/client-metadata.js';
import { hashSecret } from '../oauth/secret.js';
import { displayName } from '../organizations/display-name.js';
import { CommandFault } from './command-fault.js';
import { type OutputOptions, printRows, say } from './output.js';
import { type Services, withServices } from './services.js';

interface CreateOptions {
  readonly redirectUri: string[];
  readonly authMethod: ClientAuthMethod;
  readonly trusted?: boolean;
}

export function clientCommand(): Command {
  const client = new Command('client').description('tools an administrator vouches for, and tools that are blocked');
  client
    .command('create <name>')
    .description('register a client; prints its id, and its secret once')
    .requiredOption('--redirect-uri <uri...>', 'where its answers may go')
    .addOption(
      new Option('--auth-method <method>', 'how it authenticates').choices(CLIENT_AUTH_METHODS).default('none'),
    )
    .option('--trusted', 'do not ask people to approve it each time; only for https redirect URIs')
    .action(create);
  client
    .command('list')
    .description('those registered here, and those blocked')
    .option('--json', 'as JSON')
    .action(list);
  client.command('show <client-id>').description('everything about one').action(show);
  client.command('rotate-secret <client-id>').description('give it a new secret; prints it once').action(rotateSecret);
  client.command('block <client-id>').description('refuse a client of any kind, and end its connections').action(block);
  client.command('unblock <client-id>').description('let it ask again').action(unblock);
  return client;
}

async function create(
  value: string,
  { redirectUri: redirectUris, authMethod, trusted = false }: CreateOptions,
): Promise<void> {
  const name = displayName(value);
  if (name === undefined) throw new CommandFault('Give the client a name of 1 to 100 visible characters.');
  const { clientId, secret } = await withServices(({ registeredClients, config }) => {
    const fault = registrationFault(redirectUris, config);
    if (fault) throw new CommandFault(`${fault.uri} cannot be used: ${fault.reason}.`);
    if (trusted && !isTrustworthy(redirectUris)) {
      throw new CommandFault(
        'Only a client whose redirect URIs are all https can be trusted: any program can answer at the others.',
      );
    }
    return registeredClients.register({ name, redirectUris, authMethod, trusted });
  });
  say(`Registered ${name}.\n  client_id      ${clientId}`);
  if (secret) say(`  client_secret  ${secret}\nThe secret is shown this once.`);
}

async function list(options: OutputOptions): Promise<void> {
  const clients = await withServices(({ storedClients }) => storedClients.list());
  const rows = clients.map(({ clientId, identity, metadata, trusted, createdAt, blockedAt }) => ({
    client_id: clientId,
    name: metadata.client_name,
    identity,
    trusted,
    created: createdAt,
    blocked: blockedAt,
  }));
  printRows(rows, options, 'There are none. Register one with "client create".');
}

async function show(clientId: string): Promise<void> {
  const { client, use } = await withServices(async (services) => {
    const found = await find(services, clientId);
    return { client: found, use: await services.storedClients.useOf(found.digest, services.clock.now()) };
  });
  const { identity, metadata, trusted, createdAt, blockedAt } = client;
  say(
    JSON.stringify(
      {
        client_id: clientId,
        identity,
        trusted,
        created: createdAt,
        blocked: blockedAt,
        people: use?.people,
        ...metadata,
      },
      null,
      2,
    ),
  );
}

async function rotateSecret(clientId: string): Promise<void> {
  const secret = await withServices(({ registeredClients }) => registeredClients.rotateSecret(clientId));
  if (!secret) throw new CommandFault('No client registered here has this id and a secret. See "client list".');
  say(`  client_secret  ${secret}\nThe secret is shown this once. The old one is dead.`);
}

async function block(clientId: string): Promise<void> {
  const done = await withServices(async (services) =>
    services.storedClients.block(await known(services, clientId), services.clock.now()),
  );
  say(done ? 'Blocked. Its connections have ended.' : 'It was blocked before.');
}

async function unblock(clientId: string): Promise<void> {
  const done = await withServices(async (services) =>
    services.storedClients.unblock(await find(services, clientId), services.clock.now()),
  );
  say(done ? 'It may ask again. Connections that ended stay ended.' : 'It was not blocked.');
}

async function find({ storedClients }: Services, clientId: string): Promise<Client> {
  const client = await storedClients.find(hashSecret(clientId));
  if (!client) throw new CommandFault('No client of this id is known here. See "client list".');
  return client;
}

/** A client that registered itself can be blocked before anybody has approved it. */
async function known(services: Services, clientId: string): Promise<NewClient> {
  const metadata = services.dynamicClients.open(clientId);
  if (!metadata) return find(services, clientId);
  return {
    clientId,
    digest: hashSecret(clientId),
    identity: 'self-asserted',
    metadata,
    secretHash: null,
    trusted: false,
  };
}
