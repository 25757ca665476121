#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/file.h"
#include "base/world.h"
#include "model_text.h"
#include "module_directory.h"
#include "rules/prove/prove.h"
#include "rules/prove/second.h"
int main(int argc, char **argv){
  module_directory_set();
  struct solver_settings st = SOLVER_DEFAULTS; struct solver*so=NULL; struct fault f={0};
  int64_t t0=world_stopwatch_ns();
  if(solver_start(&st,&so)!=OK)return 1;
  int64_t tot1=0,tot2=0,tot3=0;
  for(int i=1;i<argc;i++){
    struct arena*a=arena_new(1u<<30); char p[300];
    struct smt_source s,b; const struct rule_set*set=model_policy(a,argv[i]),*base=NULL; const struct proof*pr,*both;
    snprintf(p,sizeof p,"policy/%s/rules.dmn",argv[i]); struct slice dmn=model_file(a,p);
    snprintf(p,sizeof p,"policy/%s/pack.json",argv[i]);
    if(smt_source_read(a,dmn,model_file(a,p),&s,&f)!=OK){printf("%s\n",f.detail);return 1;}
    if(i>1||argc==2){ base=model_policy(a,"joint-standard"); if(smt_source_read(a,model_file(a,"policy/joint-standard/rules.dmn"),model_file(a,"policy/joint-standard/pack.json"),&b,&f))return 1;}
    int64_t t1=world_stopwatch_ns();
    if(prove(a,set,base,&pr,&f)){printf("%s\n",f.detail);return 1;}
    int64_t t2=world_stopwatch_ns();
    if(second_proof(pr,&s,&b,NULL,NULL,&both)){}
    int64_t t3=world_stopwatch_ns();
    if(second_proof(pr,&s,&b,so,NULL,&both)){printf("%s\n",f.detail);return 1;}
    int64_t t4=world_stopwatch_ns();
    tot1+=t2-t1;tot2+=t3-t2;tot3+=t4-t3;
    for(size_t v=0;v<both->count;v++){if(getenv("DUMP")){struct smt_claim cl[SMT_CLAIMS_MAX];size_t n=smt_claims(&s,base?&b:NULL,cl);for(size_t c=0;v==0&&c<n;c++){struct smt_text tx;char q[300];if(smt_write(a,&s,base?&b:NULL,&cl[c],SMT_EVERY_DAY,&tx,&f))return 2;snprintf(q,sizeof q,"%s/%s-%02zu-%s-%s.smt2",getenv("DUMP"),argv[i],c,rule_property_entry(cl[c].property)->name,cl[c].scope);(void)!file_replace_derived(q,tx.text,0644);}}const struct property_verdict*x=&both->verdict[v]; if(argc<4||!x->z3||strcmp(x->z3,x->proved?"proved":"refuted")) printf("%-10s %-20s %-10s %-14s %d %s %.*s\n",property_word(x),rule_property_entry(x->property)->name,x->scope,x->about?x->about:"",x->proved,x->z3?x->z3:"-",SLICE_PRINT(x->z3_says));}
    printf("%s enumeration %.1f texts %.1f z3(with texts) %.1f ms\n",argv[i],(t2-t1)/1e6,(t3-t2)/1e6,(t4-t3)/1e6);
    arena_free(a);
  }
  printf("total %.1f: %.1f %.1f %.1f ms %.*s\n",(world_stopwatch_ns()-t0)/1e6,tot1/1e6,tot2/1e6,tot3/1e6,SLICE_PRINT(solver_version(so)));
  solver_stop(so);
  return 0;
}
