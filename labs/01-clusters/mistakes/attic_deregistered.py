# question: 1.6
# expects: still-billed
# score: 2
ecs.delete_service(cluster="attic", service="lantern", force=True)
for instance in instances("attic"):
    ecs.deregister_container_instance(cluster="attic", containerInstance=instance["containerInstanceArn"], force=True)
lab.until(lambda: not tasks_of("lantern", "attic") and not tasks_of("batch", "attic"), timeout=60)


def gone():
    try:
        return ecs.delete_cluster(cluster="attic")["cluster"]["status"] == "INACTIVE"
    except ecs.exceptions.ClientError:
        return False


lab.until(gone, timeout=60)
