import { MigrationInterface, QueryRunner } from 'typeorm';

export class Identities1795450000000 implements MigrationInterface {
  name = 'Identities1795450000000';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            CREATE TABLE "identities" (
                "id" uuid NOT NULL DEFAULT gen_random_uuid(),
                "user_id" uuid NOT NULL,
                "issuer" text NOT NULL,
                "subject" text NOT NULL,
                "email" text,
                "display_name" text,
                "roles" jsonb NOT NULL DEFAULT '{}',
                "roles_as_of" TIMESTAMP WITH TIME ZONE,
                "created_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
                "last_used_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
                CONSTRAINT "identities_pkey" PRIMARY KEY ("id")
            )
        `);
    await queryRunner.query(`
            CREATE UNIQUE INDEX "identities_issuer_subject_key" ON "identities" ("issuer", "subject")
        `);
    await queryRunner.query(`
            CREATE INDEX "identities_user_id_idx" ON "identities" ("user_id")
        `);
    await queryRunner.query(`
            CREATE TABLE "oidc_flows" (
                "state_hash" bytea NOT NULL,
                "provider" text NOT NULL,
                "browser_hash" bytea NOT NULL,
                "user_id" uuid,
                "next" text,
                "code_hash" bytea,
                "identity" jsonb,
                "expires_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "created_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
                CONSTRAINT "oidc_flows_pkey" PRIMARY KEY ("state_hash")
            )
        `);
    await queryRunner.query(`
            CREATE UNIQUE INDEX "oidc_flows_code_hash_key" ON "oidc_flows" ("code_hash")
        `);
    await queryRunner.query(`
            ALTER TABLE "identities"
            ADD CONSTRAINT "identities_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE NO ACTION
        `);
    await queryRunner.query(`
            ALTER TABLE "oidc_flows"
            ADD CONSTRAINT "oidc_flows_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE NO ACTION
        `);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            DROP TABLE "oidc_flows"
        `);
    await queryRunner.query(`
            DROP TABLE "identities"
        `);
  }
}
