import { Global, Module } from '@nestjs/common';
import { Clients } from './clients.service.js';
import { ClientDocuments } from './documents/client-documents.js';
import { DocumentFetcher } from './documents/document-fetcher.js';
import { DynamicClients } from './dynamic-clients.js';
import { RegisteredClients } from './registered-clients.js';

@Global()
@Module({
  providers: [ClientDocuments, Clients, DocumentFetcher, DynamicClients, RegisteredClients],
  exports: [Clients, DynamicClients, RegisteredClients],
})
export class ClientsModule {}
