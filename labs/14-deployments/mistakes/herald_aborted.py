# question: 14.7
# expects: aborted
ecs.update_service(cluster="default", service="herald", taskDefinition=version(2))
lab.until(lambda: latest("herald").get("lifecycleStage") == "BAKE_TIME", timeout=600)
ecs.stop_service_deployment(serviceDeploymentArn=latest("herald")["serviceDeploymentArn"], stopType="ABORT")
ends("herald")
