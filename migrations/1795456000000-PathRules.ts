import { MigrationInterface, QueryRunner } from 'typeorm';

export class PathRules1795456000000 implements MigrationInterface {
  name = 'PathRules1795456000000';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            ALTER TABLE "projects" ADD "path_rules" jsonb NOT NULL DEFAULT '[]'
        `);
    await queryRunner.query(`
            ALTER TABLE "projects" ADD "path_rules_version" integer NOT NULL DEFAULT '0'
        `);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE "projects" DROP COLUMN "path_rules_version"');
    await queryRunner.query('ALTER TABLE "projects" DROP COLUMN "path_rules"');
  }
}
