package quickstart;

import java.util.List;
import java.util.stream.Stream;

import com.pulumi.Config;
import com.pulumi.Context;
import com.pulumi.Pulumi;
import com.pulumi.entra.CrossCloudLink;
import com.pulumi.entra.CrossCloudLinkArgs;
import com.pulumi.entra.enums.Apply;
import com.pulumi.entra.enums.Cloud;
import com.pulumi.entra.enums.PrincipalKind;
import com.pulumi.entra.inputs.AttributeMappingArgs;
import com.pulumi.entra.inputs.ClauseArgs;
import com.pulumi.entra.inputs.FilterGroupArgs;
import com.pulumi.entra.inputs.LimitsArgs;
import com.pulumi.entra.inputs.OperandArgs;
import com.pulumi.entra.inputs.PrincipalArgs;
import com.pulumi.entra.inputs.ScopingFilterArgs;
import com.pulumi.entra.inputs.TenantArgs;

/** The link of programs/quickstart_yaml in Java. */
public final class App {
    private App() {
    }

    public static void main(String[] args) {
        Pulumi.run(App::declare);
    }

    private static void declare(Context context) {
        var config = context.config();
        var groups = List.of(config.requireObject("groups", String[].class));
        var link = new CrossCloudLink("contoso-to-federal", CrossCloudLinkArgs.builder()
            .source(tenant(config, "contoso"))
            .target(tenant(config, "federal"))
            .scope(groups.stream().map(id -> PrincipalArgs.builder().kind(PrincipalKind.Group).id(id).build()).toList())
            .filters(ScopingFilterArgs.builder()
                .groups(FilterGroupArgs.builder()
                    .name("Filter 1")
                    .clauses(clause("country", "EQUALS", "US"), clause("employeeType", "IS NOT NULL"))
                    .build())
                .build())
            .mappings(
                AttributeMappingArgs.builder()
                    .target("displayName")
                    .source("Append([displayName], \" (Contoso)\")")
                    .build(),
                AttributeMappingArgs.builder().target("telephoneNumber").apply(Apply.Never).build())
            .notify_("identity-ops@contoso.com")
            .deletionThreshold(50)
            .limits(LimitsArgs.builder().maxRemoved(25).maxRemovedPercent(10.0).build())
            .build());
        context.export("job", link.jobId());
    }

    /** A tenant in the stack's configuration. */
    private static final class Given {
        private String name;
        private String tenantId;
        private String cloud;
        private String graphUrl;
        private String authorityUrl;
    }

    private static TenantArgs tenant(Config config, String name) {
        var given = config.requireObject(name, Given.class);
        var cloud = Stream.of(Cloud.values()).filter(each -> each.getValue().equals(given.cloud)).findFirst();
        return TenantArgs.builder()
            .name(given.name)
            .tenantId(given.tenantId)
            .cloud(cloud.orElseThrow())
            .graphUrl(given.graphUrl)
            .authorityUrl(given.authorityUrl)
            .build();
    }

    private static ClauseArgs clause(String attribute, String operator, String... values) {
        return ClauseArgs.builder()
            .sourceOperandName(attribute)
            .operatorName(operator)
            .targetOperand(OperandArgs.builder().values(values).build())
            .build();
    }
}
