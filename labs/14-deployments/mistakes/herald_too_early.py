# question: 14.7
# expects: too-early
ecs.update_service(cluster="default", service="herald", taskDefinition=version(2))
lab.until(lambda: latest("herald").get("lifecycleStage") == "SCALE_UP", timeout=600)
ecs.stop_service_deployment(serviceDeploymentArn=latest("herald")["serviceDeploymentArn"], stopType="ROLLBACK")
ends("herald")
