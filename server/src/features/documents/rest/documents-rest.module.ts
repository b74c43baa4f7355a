import { Module } from '@nestjs/common';
import { DocumentsController } from './documents.controller.js';
import { DocumentsService } from './documents.service.js';
import { ProjectDocumentsController } from './project-documents.controller.js';

/** Files over REST. Needs the ports `DocumentsDirectory`, `DocumentContents`, `Memberships` and `Changes`. */
@Module({ controllers: [ProjectDocumentsController, DocumentsController], providers: [DocumentsService] })
export class DocumentsRestModule {}
