import java.util.Arrays;
import org.codelibs.opensearch.runner.OpenSearchRunner;

/** One node of OpenSearch until it is ended: java -cp 'jars/*' OpenSearchNode.java FOLDER HTTP_PORT TRANSPORT_PORT */
public class OpenSearchNode {
    public static void main(String[] args) throws Exception {
        OpenSearchRunner runner = new OpenSearchRunner();
        runner.onBuild((number, settings) -> {
            settings.put("http.port", args[1]);
            settings.put("transport.port", args[2]);
            settings.put("discovery.type", "single-node");
            settings.remove("cluster.initial_cluster_manager_nodes");
            // The disks of test machines are often fuller than a cluster would like.
            settings.put("cluster.routing.allocation.disk.threshold_enabled", "false");
        });
        runner.build(OpenSearchRunner.newConfigs().basePath(args[0]).numOfNode(1).useLogger());
        Thread.currentThread().join();
    }
}
