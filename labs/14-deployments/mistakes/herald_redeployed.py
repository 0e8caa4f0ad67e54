# question: 14.7
# expects: redeployed, aborted
ecs.update_service(cluster="default", service="herald", taskDefinition=version(2))
lab.until(lambda: latest("herald").get("lifecycleStage") == "BAKE_TIME", timeout=600)
ecs.update_service(cluster="default", service="herald", taskDefinition="paper:1")
lab.until(lambda: latest("herald").get("lifecycleStage") == "BAKE_TIME", timeout=600)
