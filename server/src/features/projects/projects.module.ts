import { Global, Module, type OnModuleInit } from '@nestjs/common';
import { Changes } from '../../core/access/changes.js';
import { Memberships } from '../../core/access/memberships.js';
import { SocketsGateway } from '../../platform/sockets/sockets.gateway.js';
import { MembersController } from './members.controller.js';
import { PathRulesController } from './path-rules.controller.js';
import { ProjectAudience } from './project-audience.js';
import { ProjectsController } from './projects.controller.js';
import { ProjectsSocket } from './projects.socket.js';

/** Projects and who is in them. Needs the ports `Projects`, `Members`, `PathRuleStore`, `Memberships` and `Changes`. */
@Global()
@Module({
  controllers: [ProjectsController, MembersController, PathRulesController],
  providers: [ProjectAudience],
  exports: [ProjectAudience],
})
export class ProjectsModule implements OnModuleInit {
  constructor(
    private readonly sockets: SocketsGateway,
    private readonly memberships: Memberships,
    private readonly changes: Changes,
    private readonly audience: ProjectAudience,
  ) {}

  onModuleInit(): void {
    this.sockets.add(new ProjectsSocket(this.memberships, this.audience, this.changes));
  }
}
