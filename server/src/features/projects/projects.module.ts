import { Module, type OnModuleInit } from '@nestjs/common';
import { Changes } from '../../core/access/changes.js';
import { Memberships } from '../../core/access/memberships.js';
import { SocketsGateway } from '../../platform/sockets/sockets.gateway.js';
import { MembersController } from './members.controller.js';
import { ProjectsController } from './projects.controller.js';
import { ProjectsSocket } from './projects.socket.js';

/** Projects and who is in them. Needs the ports `Projects`, `Members`, `Memberships` and `Changes`. */
@Module({ controllers: [ProjectsController, MembersController] })
export class ProjectsModule implements OnModuleInit {
  constructor(
    private readonly sockets: SocketsGateway,
    private readonly memberships: Memberships,
    private readonly changes: Changes,
  ) {}

  onModuleInit(): void {
    this.sockets.add(new ProjectsSocket(this.memberships, this.changes));
  }
}
